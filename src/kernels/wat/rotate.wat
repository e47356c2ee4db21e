;; rotate: rounds of factors, Hadamard transform and mixing of halves over float32[dimensions] in
;; place. Each round multiplies by its own factors (float32[dimensions], one round after another),
;; transforms the first `length` values in even rounds and the last in odd ones, and then, unless
;; length is dimensions, replaces each pair (a, b) of the two halves by (a + b, a - b) / sqrt(2); of
;; an odd number of values the middle one stays.
;;
;; Every product and sum is rounded to float32. Any dimensions from length to 2 * length - 1.

(func (export "rotate")
  (param $values i32) (param $factors i32) (param $dimensions i32) (param $length i32)
  (param $rounds i32)
  (local $round i32) (local $half i32) (local $first i32)
  (local.set $half (i32.shr_u (local.get $dimensions) (i32.const 1)))
  (block $done
    (loop $next_round
      (br_if $done (i32.eq (local.get $round) (local.get $rounds)))
      (call $multiply (local.get $values) (local.get $factors) (local.get $dimensions))
      (local.set $first (select
        (i32.sub (local.get $dimensions) (local.get $length))
        (i32.const 0)
        (i32.and (local.get $round) (i32.const 1))))
      (call $hadamard
        (i32.add (local.get $values) (i32.shl (local.get $first) (i32.const 2)))
        (local.get $length))
      (if (i32.ne (local.get $length) (local.get $dimensions))
        (then (call $mix
          (local.get $values)
          (i32.add (local.get $values) (i32.shl
            (i32.sub (local.get $dimensions) (local.get $half)) (i32.const 2)))
          (local.get $half))))
      (local.set $factors
        (i32.add (local.get $factors) (i32.shl (local.get $dimensions) (i32.const 2))))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br $next_round))))

;; values[i] *= factors[i], four at a time and then one by one.
(func $multiply (param $values i32) (param $factors i32) (param $count i32)
  (block $few
    (loop $four
      (br_if $few (i32.lt_u (local.get $count) (i32.const 4)))
      (v128.store align=4 (local.get $values) (f32x4.mul
        (v128.load align=4 (local.get $values)) (v128.load align=4 (local.get $factors))))
      (local.set $values (i32.add (local.get $values) (i32.const 16)))
      (local.set $factors (i32.add (local.get $factors) (i32.const 16)))
      (local.set $count (i32.sub (local.get $count) (i32.const 4)))
      (br $four)))
  (block $done
    (loop $one
      (br_if $done (i32.eqz (local.get $count)))
      (f32.store (local.get $values)
        (f32.mul (f32.load (local.get $values)) (f32.load (local.get $factors))))
      (local.set $values (i32.add (local.get $values) (i32.const 4)))
      (local.set $factors (i32.add (local.get $factors) (i32.const 4)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $one))))

;; (a, b) to (a + b, a - b) / sqrt(2) for pairs of two rows that do not overlap.
(func $mix (param $at_a i32) (param $at_b i32) (param $count i32)
  (local $a v128) (local $b v128) (local $one_a f32) (local $one_b f32)
  (block $few
    (loop $four
      (br_if $few (i32.lt_u (local.get $count) (i32.const 4)))
      (local.set $a (v128.load align=4 (local.get $at_a)))
      (local.set $b (v128.load align=4 (local.get $at_b)))
      (v128.store align=4 (local.get $at_a) (f32x4.mul
        (f32x4.add (local.get $a) (local.get $b)) (f32x4.splat (f32.const 0x1.6a09e6p-1))))
      (v128.store align=4 (local.get $at_b) (f32x4.mul
        (f32x4.sub (local.get $a) (local.get $b)) (f32x4.splat (f32.const 0x1.6a09e6p-1))))
      (local.set $at_a (i32.add (local.get $at_a) (i32.const 16)))
      (local.set $at_b (i32.add (local.get $at_b) (i32.const 16)))
      (local.set $count (i32.sub (local.get $count) (i32.const 4)))
      (br $four)))
  (block $done
    (loop $one
      (br_if $done (i32.eqz (local.get $count)))
      (local.set $one_a (f32.load (local.get $at_a)))
      (local.set $one_b (f32.load (local.get $at_b)))
      (f32.store (local.get $at_a) (f32.mul
        (f32.add (local.get $one_a) (local.get $one_b)) (f32.const 0x1.6a09e6p-1)))
      (f32.store (local.get $at_b) (f32.mul
        (f32.sub (local.get $one_a) (local.get $one_b)) (f32.const 0x1.6a09e6p-1)))
      (local.set $at_a (i32.add (local.get $at_a) (i32.const 4)))
      (local.set $at_b (i32.add (local.get $at_b) (i32.const 4)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $one))))
