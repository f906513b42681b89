;; Dot products of one query with every row of a gallery, 16 numbers at a time.
;; query: `dim` int16; gallery: rows of `dim` int8; out: one int32 a row. `dim` is a multiple of 16.
(module
  (memory (export "memory") 1)
  (func (export "dots")
    (param $query i32) (param $gallery i32) (param $rows i32) (param $dim i32) (param $out i32)
    (local $sum v128) (local $at i32) (local $end i32)
    (block $done
      (loop $row
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $sum (v128.const i32x4 0 0 0 0))
        (local.set $at (local.get $query))
        (local.set $end (i32.add (local.get $gallery) (local.get $dim)))
        (loop $part
          (local.set $sum (i32x4.add (local.get $sum) (i32x4.add
            (i32x4.dot_i16x8_s (v128.load8x8_s (local.get $gallery)) (v128.load (local.get $at)))
            (i32x4.dot_i16x8_s
              (v128.load8x8_s offset=8 (local.get $gallery))
              (v128.load offset=16 (local.get $at))))))
          (local.set $gallery (i32.add (local.get $gallery) (i32.const 16)))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $part (i32.lt_u (local.get $gallery) (local.get $end))))
        (i32.store (local.get $out) (i32.add
          (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
          (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $row)))))
