;; nearestRow: the row with the greatest dot(query, row) * scales[row] + bias[row]; of equal ones
;; the lowest. The dot products are left in out.
;;
;; Accumulator: the dot product as in dotInt8Rows, rounded once to float32, then one float32
;; multiplication and one float32 addition, each rounded. A score that is not a number never wins.

(func (export "nearestRow")
  (param $query i32) (param $rows i32) (param $count i32) (param $dimensions i32)
  (param $scales i32) (param $bias i32) (param $out i32) (result i32)
  (local $row i32) (local $at i32) (local $best i32) (local $score f32) (local $greatest f32)
  (call $dot_int8_rows (local.get $query) (local.get $rows) (local.get $count)
    (local.get $dimensions) (local.get $out))
  (local.set $greatest (f32.const -inf))
  (block $done
    (loop $next_row
      (br_if $done (i32.eq (local.get $row) (local.get $count)))
      (local.set $at (i32.shl (local.get $row) (i32.const 2)))
      (local.set $score (f32.add
        (f32.mul
          (f32.convert_i32_s (i32.load (i32.add (local.get $out) (local.get $at))))
          (f32.load (i32.add (local.get $scales) (local.get $at))))
        (f32.load (i32.add (local.get $bias) (local.get $at)))))
      (if (f32.gt (local.get $score) (local.get $greatest))
        (then
          (local.set $greatest (local.get $score))
          (local.set $best (local.get $row))))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br $next_row)))
  (local.get $best))
