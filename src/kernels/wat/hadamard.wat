;; hadamard: the fast Walsh-Hadamard transform in place, without a factor. For half = 1, 2, 4, ...,
;; length / 2 every pair (a, b) that lies half apart in a block of 2 * half becomes (a + b, a - b).
;;
;; Every result is the same tree of float32 additions whatever is done in one pass, so the passes
;; below are bit-equal to the plain loop: first half = 1 and 2 within each vector of four, then two
;; values of half a pass (four vectors, half apart), and a last one alone where one is left.
;; Any length that is a power of two and fits the memory.

(func $hadamard (export "hadamard") (param $values i32) (param $length i32)
  (local $bytes i32) (local $end i32) (local $half i32) (local $first f32) (local $second f32)
  (br_if 0 (i32.lt_u (local.get $length) (i32.const 2)))
  (if (i32.eq (local.get $length) (i32.const 2))
    (then
      (local.set $first (f32.load (local.get $values)))
      (local.set $second (f32.load offset=4 (local.get $values)))
      (f32.store (local.get $values) (f32.add (local.get $first) (local.get $second)))
      (f32.store offset=4 (local.get $values) (f32.sub (local.get $first) (local.get $second)))
      (return)))
  (local.set $bytes (i32.shl (local.get $length) (i32.const 2)))
  (local.set $end (i32.add (local.get $values) (local.get $bytes)))
  (call $hadamard_within (local.get $values) (local.get $end))
  ;; From here on half is in bytes.
  (local.set $half (i32.const 16))
  (block $less_than_two
    (loop $two_at_once
      (br_if $less_than_two
        (i32.gt_u (local.get $half) (i32.shr_u (local.get $bytes) (i32.const 2))))
      (call $hadamard_two (local.get $values) (local.get $end) (local.get $half))
      (local.set $half (i32.shl (local.get $half) (i32.const 2)))
      (br $two_at_once)))
  (if (i32.lt_u (local.get $half) (local.get $bytes))
    (then (call $hadamard_last (local.get $values) (local.get $half)))))

;; half = 1 and 2. A difference a - b is the sum of a and b with its sign bit turned.
(func $hadamard_within (param $at i32) (param $end i32)
  (local $lanes v128)
  (loop $next
    (local.set $lanes (v128.load align=4 (local.get $at)))
    (local.set $lanes (f32x4.add
      (i8x16.shuffle 0 1 2 3 0 1 2 3 8 9 10 11 8 9 10 11 (local.get $lanes) (local.get $lanes))
      (v128.xor
        (v128.const i32x4 0 0x80000000 0 0x80000000)
        (i8x16.shuffle 4 5 6 7 4 5 6 7 12 13 14 15 12 13 14 15
          (local.get $lanes) (local.get $lanes)))))
    (local.set $lanes (f32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 (local.get $lanes) (local.get $lanes))
      (v128.xor
        (v128.const i32x4 0 0 0x80000000 0x80000000)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
          (local.get $lanes) (local.get $lanes)))))
    (v128.store align=4 (local.get $at) (local.get $lanes))
    (br_if $next (i32.ne
      (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end)))))

;; half and 2 * half, in blocks of four times half: a b c d lie half apart.
(func $hadamard_two (param $at i32) (param $end i32) (param $half i32)
  (local $in_block i32) (local $at_b i32) (local $at_c i32) (local $at_d i32)
  (local $a v128) (local $b v128) (local $c v128) (local $d v128)
  (local $sum_ab v128) (local $sum_cd v128) (local $difference_ab v128) (local $difference_cd v128)
  (loop $next_block
    (local.set $in_block (i32.add (local.get $at) (local.get $half)))
    (loop $next
      (local.set $at_b (i32.add (local.get $at) (local.get $half)))
      (local.set $at_c (i32.add (local.get $at_b) (local.get $half)))
      (local.set $at_d (i32.add (local.get $at_c) (local.get $half)))
      (local.set $a (v128.load align=4 (local.get $at)))
      (local.set $b (v128.load align=4 (local.get $at_b)))
      (local.set $c (v128.load align=4 (local.get $at_c)))
      (local.set $d (v128.load align=4 (local.get $at_d)))
      (local.set $sum_ab (f32x4.add (local.get $a) (local.get $b)))
      (local.set $sum_cd (f32x4.add (local.get $c) (local.get $d)))
      (local.set $difference_ab (f32x4.sub (local.get $a) (local.get $b)))
      (local.set $difference_cd (f32x4.sub (local.get $c) (local.get $d)))
      (v128.store align=4 (local.get $at)
        (f32x4.add (local.get $sum_ab) (local.get $sum_cd)))
      (v128.store align=4 (local.get $at_b)
        (f32x4.add (local.get $difference_ab) (local.get $difference_cd)))
      (v128.store align=4 (local.get $at_c)
        (f32x4.sub (local.get $sum_ab) (local.get $sum_cd)))
      (v128.store align=4 (local.get $at_d)
        (f32x4.sub (local.get $difference_ab) (local.get $difference_cd)))
      (br_if $next (i32.ne
        (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $in_block))))
    (local.set $at (i32.add (local.get $at_d) (i32.const 16)))
    (br_if $next_block (i32.ne (local.get $at) (local.get $end)))))

;; half alone, where two halves are all there is.
(func $hadamard_last (param $at i32) (param $half i32)
  (local $middle i32) (local $at_b i32) (local $a v128) (local $b v128)
  (local.set $middle (i32.add (local.get $at) (local.get $half)))
  (loop $next
    (local.set $at_b (i32.add (local.get $at) (local.get $half)))
    (local.set $a (v128.load align=4 (local.get $at)))
    (local.set $b (v128.load align=4 (local.get $at_b)))
    (v128.store align=4 (local.get $at) (f32x4.add (local.get $a) (local.get $b)))
    (v128.store align=4 (local.get $at_b) (f32x4.sub (local.get $a) (local.get $b)))
    (br_if $next (i32.ne
      (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $middle)))))
