;; scanOneBit: out[row] = sum over planes b of w_b * popcount(code[row] AND plane[b]), where w_b is
;; 2^b and negative for the last plane: numbers in two's complement.
;;
;; Planes lie one after another, each of codeBytes and zeros up to a multiple of 16; a step takes
;; sixteen bytes, and what it reads behind a code (up to 15 bytes) meets the zeros of the plane.
;;
;; Accumulator: sixteen u8 lanes a plane. A step adds at most 8 to a lane, so a block of 31 steps
;; (496 bytes, 3,968 bits) brings it to at most 248; then the lanes are widened and added to four
;; i32 lanes. The result is at most 128 * 8 * codeBytes in size, which an i32 holds for all of the
;; 1,052,688 bytes a code may have.
;;
;; Six planes, the usual number, have a loop of their own that loads each code once.

(func (export "scanOneBit")
  (param $planes i32) (param $plane_count i32) (param $codes i32) (param $code_bytes i32)
  (param $stride i32) (param $count i32) (param $out i32)
  (local $padded i32) (local $sum v128)
  (local.set $padded
    (i32.and (i32.add (local.get $code_bytes) (i32.const 15)) (i32.const -16)))
  (block $done
    (loop $next_row
      (br_if $done (i32.eqz (local.get $count)))
      (if (i32.eq (local.get $plane_count) (i32.const 6))
        (then (local.set $sum
          (call $scan_six (local.get $planes) (local.get $codes) (local.get $padded))))
        (else (local.set $sum
          (call $scan_any (local.get $planes) (local.get $plane_count) (local.get $codes)
            (local.get $padded)))))
      (i32.store (local.get $out) (call $sum_i32x4 (local.get $sum)))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $codes (i32.add (local.get $codes) (local.get $stride)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next_row))))

;; One code with any number of planes, from the heaviest down: what is summed so far counts twice,
;; and the heaviest is negated as soon as it is complete.
(func $scan_any (param $planes i32) (param $plane_count i32) (param $code i32) (param $padded i32)
  (result v128)
  (local $plane i32) (local $at i32) (local $end i32) (local $block_end i32)
  (local $counts v128) (local $sum v128)
  (local.set $plane (i32.add (local.get $planes)
    (i32.mul (local.get $plane_count) (local.get $padded))))
  (local.set $end (i32.add (local.get $code) (local.get $padded)))
  (loop $next_plane
    (local.set $plane (i32.sub (local.get $plane) (local.get $padded)))
    (local.set $at (local.get $code))
    (local.set $sum (i32x4.shl (local.get $sum) (i32.const 1)))
    (loop $next_block
      (local.set $block_end (call $end_of_block (local.get $at) (local.get $end)))
      (local.set $counts (v128.const i64x2 0 0))
      (loop $step
        (local.set $counts (i8x16.add (local.get $counts) (i8x16.popcnt (v128.and
          (v128.load align=1 (local.get $at))
          (v128.load align=1 (i32.add
            (local.get $plane) (i32.sub (local.get $at) (local.get $code))))))))
        (br_if $step (i32.ne
          (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $block_end))))
      (local.set $sum (i32x4.add (local.get $sum) (i32x4.extadd_pairwise_i16x8_u
        (i16x8.extadd_pairwise_i8x16_u (local.get $counts)))))
      (br_if $next_block (i32.ne (local.get $at) (local.get $end))))
    (if (i32.eq
        (i32.add (local.get $plane) (local.get $padded))
        (i32.add (local.get $planes) (i32.mul (local.get $plane_count) (local.get $padded))))
      (then (local.set $sum (i32x4.neg (local.get $sum)))))
    (br_if $next_plane (i32.ne (local.get $plane) (local.get $planes))))
  (local.get $sum))

;; One code with six planes. At the end of a block a pair of u8 lanes is at most 496, and the
;; weighted sum of the six within -32 * 496 and 31 * 496, which an i16 lane holds.
(func $scan_six (param $plane0 i32) (param $code i32) (param $padded i32) (result v128)
  (local $plane1 i32) (local $plane2 i32) (local $plane3 i32) (local $plane4 i32)
  (local $plane5 i32) (local $end i32) (local $block_end i32) (local $bits v128)
  (local $count0 v128) (local $count1 v128) (local $count2 v128) (local $count3 v128)
  (local $count4 v128) (local $count5 v128) (local $sum v128)
  (local.set $plane1 (i32.add (local.get $plane0) (local.get $padded)))
  (local.set $plane2 (i32.add (local.get $plane1) (local.get $padded)))
  (local.set $plane3 (i32.add (local.get $plane2) (local.get $padded)))
  (local.set $plane4 (i32.add (local.get $plane3) (local.get $padded)))
  (local.set $plane5 (i32.add (local.get $plane4) (local.get $padded)))
  (local.set $end (i32.add (local.get $code) (local.get $padded)))
  (loop $next_block
    (local.set $block_end (call $end_of_block (local.get $code) (local.get $end)))
    (local.set $count0 (v128.const i64x2 0 0))
    (local.set $count1 (v128.const i64x2 0 0))
    (local.set $count2 (v128.const i64x2 0 0))
    (local.set $count3 (v128.const i64x2 0 0))
    (local.set $count4 (v128.const i64x2 0 0))
    (local.set $count5 (v128.const i64x2 0 0))
    (loop $step
      (local.set $bits (v128.load align=1 (local.get $code)))
      (local.set $count0 (i8x16.add (local.get $count0) (i8x16.popcnt
        (v128.and (local.get $bits) (v128.load align=1 (local.get $plane0))))))
      (local.set $count1 (i8x16.add (local.get $count1) (i8x16.popcnt
        (v128.and (local.get $bits) (v128.load align=1 (local.get $plane1))))))
      (local.set $count2 (i8x16.add (local.get $count2) (i8x16.popcnt
        (v128.and (local.get $bits) (v128.load align=1 (local.get $plane2))))))
      (local.set $count3 (i8x16.add (local.get $count3) (i8x16.popcnt
        (v128.and (local.get $bits) (v128.load align=1 (local.get $plane3))))))
      (local.set $count4 (i8x16.add (local.get $count4) (i8x16.popcnt
        (v128.and (local.get $bits) (v128.load align=1 (local.get $plane4))))))
      (local.set $count5 (i8x16.add (local.get $count5) (i8x16.popcnt
        (v128.and (local.get $bits) (v128.load align=1 (local.get $plane5))))))
      (local.set $plane0 (i32.add (local.get $plane0) (i32.const 16)))
      (local.set $plane1 (i32.add (local.get $plane1) (i32.const 16)))
      (local.set $plane2 (i32.add (local.get $plane2) (i32.const 16)))
      (local.set $plane3 (i32.add (local.get $plane3) (i32.const 16)))
      (local.set $plane4 (i32.add (local.get $plane4) (i32.const 16)))
      (local.set $plane5 (i32.add (local.get $plane5) (i32.const 16)))
      (br_if $step (i32.ne
        (local.tee $code (i32.add (local.get $code) (i32.const 16))) (local.get $block_end))))
    (local.set $count5 (i16x8.neg (i16x8.extadd_pairwise_i8x16_u (local.get $count5))))
    (local.set $count4 (call $double_and_add (local.get $count5) (local.get $count4)))
    (local.set $count3 (call $double_and_add (local.get $count4) (local.get $count3)))
    (local.set $count2 (call $double_and_add (local.get $count3) (local.get $count2)))
    (local.set $count1 (call $double_and_add (local.get $count2) (local.get $count1)))
    (local.set $count0 (call $double_and_add (local.get $count1) (local.get $count0)))
    (local.set $sum
      (i32x4.add (local.get $sum) (i32x4.extadd_pairwise_i16x8_s (local.get $count0))))
    (br_if $next_block (i32.ne (local.get $code) (local.get $end))))
  (local.get $sum))

;; 2 * sum + counts, from u8 lanes to i16 lanes by neighbouring pairs.
(func $double_and_add (param $sum v128) (param $counts v128) (result v128)
  (i16x8.add
    (i16x8.shl (local.get $sum) (i32.const 1))
    (i16x8.extadd_pairwise_i8x16_u (local.get $counts))))

;; 31 steps of 16 bytes behind at, or the end where that comes first.
(func $end_of_block (param $at i32) (param $end i32) (result i32)
  (select
    (i32.add (local.get $at) (i32.const 496))
    (local.get $end)
    (i32.gt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 496))))
