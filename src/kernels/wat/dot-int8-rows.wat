;; dotInt8Rows: out[row] = sum over i < dimensions of query[i] * rows[row * dimensions + i], row by
;; row for count rows.
;;
;; Sixteen components a step: v128.load8x8_s widens eight of them to i16 while loading, and
;; i32x4.dot_i16x8_s multiplies and adds neighbours. Four rows a pass share the query's loads.
;;
;; Accumulator: four i32 lanes a row, summed at the end. Every partial sum is at most
;; dimensions * 128^2 in magnitude, so nothing overflows up to 131,071 dimensions.
;;
;; What is left below sixteen components is one more step: the query's bytes past its end become
;; zero, and the rows' bytes past theirs (up to 15) are multiplied by those zeros.

(func $dot_int8_rows (export "dotInt8Rows")
  (param $query i32) (param $rows i32) (param $count i32) (param $dimensions i32) (param $out i32)
  (local $left i32)
  (local.set $left (local.get $count))
  (block $no_four
    (loop $next_four
      (br_if $no_four (i32.lt_u (local.get $left) (i32.const 4)))
      (call $dot_int8_four
        (local.get $query) (local.get $rows) (local.get $dimensions) (local.get $out))
      (local.set $rows
        (i32.add (local.get $rows) (i32.shl (local.get $dimensions) (i32.const 2))))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $left (i32.sub (local.get $left) (i32.const 4)))
      (br $next_four)))
  (block $done
    (loop $next_row
      (br_if $done (i32.eqz (local.get $left)))
      (i32.store (local.get $out)
        (call $dot_int8_one (local.get $query) (local.get $rows) (local.get $dimensions)))
      (local.set $rows (i32.add (local.get $rows) (local.get $dimensions)))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next_row))))

;; Four consecutive rows; writes four sums.
(func $dot_int8_four (param $query i32) (param $row0 i32) (param $dimensions i32) (param $out i32)
  (local $row1 i32) (local $row2 i32) (local $row3 i32) (local $end i32) (local $tail v128)
  (local $low v128) (local $high v128)
  (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
  (local.set $row1 (i32.add (local.get $row0) (local.get $dimensions)))
  (local.set $row2 (i32.add (local.get $row1) (local.get $dimensions)))
  (local.set $row3 (i32.add (local.get $row2) (local.get $dimensions)))
  ;; The last step may not be a full one; the loop stops before it.
  (local.set $end
    (i32.add (local.get $query) (i32.and (local.get $dimensions) (i32.const -16))))
  (block $no_step
    (br_if $no_step (i32.eq (local.get $query) (local.get $end)))
    (loop $step
      (local.set $low (v128.load8x8_s (local.get $query)))
      (local.set $high (v128.load8x8_s offset=8 (local.get $query)))
      (local.set $sum0 (i32x4.add (local.get $sum0)
        (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row0)))))
      (local.set $sum1 (i32x4.add (local.get $sum1)
        (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row1)))))
      (local.set $sum2 (i32x4.add (local.get $sum2)
        (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row2)))))
      (local.set $sum3 (i32x4.add (local.get $sum3)
        (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row3)))))
      (local.set $sum0 (i32x4.add (local.get $sum0)
        (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row0)))))
      (local.set $sum1 (i32x4.add (local.get $sum1)
        (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row1)))))
      (local.set $sum2 (i32x4.add (local.get $sum2)
        (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row2)))))
      (local.set $sum3 (i32x4.add (local.get $sum3)
        (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row3)))))
      (local.set $row0 (i32.add (local.get $row0) (i32.const 16)))
      (local.set $row1 (i32.add (local.get $row1) (i32.const 16)))
      (local.set $row2 (i32.add (local.get $row2) (i32.const 16)))
      (local.set $row3 (i32.add (local.get $row3) (i32.const 16)))
      (br_if $step (i32.ne
        (local.tee $query (i32.add (local.get $query) (i32.const 16))) (local.get $end)))))
  (if (i32.and (local.get $dimensions) (i32.const 15))
    (then
      (local.set $tail (call $query_tail (local.get $query) (local.get $dimensions)))
      (local.set $sum0 (call $add_dot16
        (local.get $sum0) (local.get $tail) (v128.load align=1 (local.get $row0))))
      (local.set $sum1 (call $add_dot16
        (local.get $sum1) (local.get $tail) (v128.load align=1 (local.get $row1))))
      (local.set $sum2 (call $add_dot16
        (local.get $sum2) (local.get $tail) (v128.load align=1 (local.get $row2))))
      (local.set $sum3 (call $add_dot16
        (local.get $sum3) (local.get $tail) (v128.load align=1 (local.get $row3))))))
  (i32.store (local.get $out) (call $sum_i32x4 (local.get $sum0)))
  (i32.store offset=4 (local.get $out) (call $sum_i32x4 (local.get $sum1)))
  (i32.store offset=8 (local.get $out) (call $sum_i32x4 (local.get $sum2)))
  (i32.store offset=12 (local.get $out) (call $sum_i32x4 (local.get $sum3))))

;; The one to three rows that are left.
(func $dot_int8_one (param $query i32) (param $row i32) (param $dimensions i32) (result i32)
  (local $end i32) (local $sum v128)
  (local.set $end
    (i32.add (local.get $query) (i32.and (local.get $dimensions) (i32.const -16))))
  (block $no_step
    (loop $step
      (br_if $no_step (i32.eq (local.get $query) (local.get $end)))
      (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
        (v128.load8x8_s (local.get $query)) (v128.load8x8_s (local.get $row)))))
      (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=8 (local.get $query)) (v128.load8x8_s offset=8 (local.get $row)))))
      (local.set $row (i32.add (local.get $row) (i32.const 16)))
      (local.set $query (i32.add (local.get $query) (i32.const 16)))
      (br $step)))
  (if (i32.and (local.get $dimensions) (i32.const 15))
    (then (local.set $sum (call $add_dot16
      (local.get $sum)
      (call $query_tail (local.get $query) (local.get $dimensions))
      (v128.load align=1 (local.get $row))))))
  (call $sum_i32x4 (local.get $sum)))

;; The query's last dimensions % 16 components, with zeros behind them.
(func $query_tail (param $query i32) (param $dimensions i32) (result v128)
  (v128.and
    (v128.load align=1 (local.get $query))
    (i8x16.gt_s
      (i8x16.splat (i32.and (local.get $dimensions) (i32.const 15)))
      (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))))

;; sum + a * b over sixteen components, spread over the four lanes.
(func $add_dot16 (param $sum v128) (param $a v128) (param $b v128) (result v128)
  (i32x4.add
    (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
      (i16x8.extend_low_i8x16_s (local.get $a)) (i16x8.extend_low_i8x16_s (local.get $b))))
    (i32x4.dot_i16x8_s
      (i16x8.extend_high_i8x16_s (local.get $a)) (i16x8.extend_high_i8x16_s (local.get $b)))))
