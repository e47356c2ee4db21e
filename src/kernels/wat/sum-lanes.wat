;; The sum of four i32 lanes.
(func $sum_i32x4 (param $lanes v128) (result i32)
  (i32.add
    (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
    (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes)))))
