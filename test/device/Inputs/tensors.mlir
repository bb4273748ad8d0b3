// Tensor programs without products, by name: element-wise work, reductions,
// scans, shapes, indices. Sizes are 1, primes, powers of two, and neighbours.

#id2 = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#col = affine_map<(i, j) -> (j)>
#swap = affine_map<(i, j) -> (j, i)>
#id1 = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>

func.func @chain_f32(%x: tensor<61x130xf32>, %y: tensor<61x130xf32>) -> tensor<61x130xf32> {
  %a = arith.mulf %x, %y : tensor<61x130xf32>
  %b = arith.addf %a, %x : tensor<61x130xf32>
  %c = math.tanh %b : tensor<61x130xf32>
  %d = arith.subf %c, %y : tensor<61x130xf32>
  %e = arith.maximumf %d, %x : tensor<61x130xf32>
  return %e : tensor<61x130xf32>
}

func.func @chain_bf16(%x: tensor<257xbf16>, %y: tensor<257xbf16>) -> tensor<257xbf16> {
  %a = arith.mulf %x, %y : tensor<257xbf16>
  %b = math.exp %a : tensor<257xbf16>
  %c = arith.divf %x, %b : tensor<257xbf16>
  return %c : tensor<257xbf16>
}

func.func @chain_f16(%x: tensor<2x3x67xf16>, %y: tensor<2x3x67xf16>) -> (tensor<2x3x67xf16>, tensor<2x3x67xf32>) {
  %a = arith.extf %x : tensor<2x3x67xf16> to tensor<2x3x67xf32>
  %b = arith.extf %y : tensor<2x3x67xf16> to tensor<2x3x67xf32>
  %c = arith.mulf %a, %b : tensor<2x3x67xf32>
  %d = math.erf %c : tensor<2x3x67xf32>
  %e = arith.truncf %d : tensor<2x3x67xf32> to tensor<2x3x67xf16>
  return %e, %d : tensor<2x3x67xf16>, tensor<2x3x67xf32>
}

func.func @chain_f64(%x: tensor<131xf64>) -> tensor<131xf64> {
  %a = math.sin %x : tensor<131xf64>
  %b = arith.mulf %a, %x : tensor<131xf64>
  %c = math.sqrt %b : tensor<131xf64>
  %o = arith.cmpf uno, %c, %c : tensor<131xf64>
  %r = arith.select %o, %a, %c : tensor<131xi1>, tensor<131xf64>
  return %r : tensor<131xf64>
}

func.func @integers(%x: tensor<7x19xi32>, %y: tensor<7x19xi32>, %b: tensor<7x19xi8>, %s: tensor<7x19xi16>, %l: tensor<7x19xi64>)
    -> (tensor<7x19xi32>, tensor<7x19xi8>, tensor<7x19xi16>, tensor<7x19xi64>, tensor<7x19xi1>) {
  %a = arith.addi %x, %y : tensor<7x19xi32>
  %m = arith.muli %a, %x : tensor<7x19xi32>
  %n = arith.maxsi %m, %y : tensor<7x19xi32>
  %c = arith.cmpi slt, %n, %x : tensor<7x19xi32>
  %b2 = arith.subi %b, %b : tensor<7x19xi8>
  %b3 = arith.xori %b2, %b : tensor<7x19xi8>
  %t = arith.trunci %n : tensor<7x19xi32> to tensor<7x19xi16>
  %s2 = arith.addi %s, %t : tensor<7x19xi16>
  %w = arith.extsi %x : tensor<7x19xi32> to tensor<7x19xi64>
  %l2 = arith.muli %l, %w : tensor<7x19xi64>
  return %n, %b3, %s2, %l2, %c : tensor<7x19xi32>, tensor<7x19xi8>, tensor<7x19xi16>, tensor<7x19xi64>, tensor<7x19xi1>
}

func.func @booleans(%x: tensor<77xi1>, %y: tensor<77xi1>, %a: tensor<77xf32>, %b: tensor<77xf32>) -> (tensor<77xi1>, tensor<77xf32>, tensor<77xi32>) {
  %p = arith.andi %x, %y : tensor<77xi1>
  %q = arith.xori %p, %x : tensor<77xi1>
  %s = arith.select %q, %a, %b : tensor<77xi1>, tensor<77xf32>
  %i = arith.extui %y : tensor<77xi1> to tensor<77xi32>
  return %q, %s, %i : tensor<77xi1>, tensor<77xf32>, tensor<77xi32>
}

func.func @one(%x: tensor<1xf32>, %y: tensor<f32>) -> (tensor<1xf32>, tensor<f32>) {
  %a = math.exp %x : tensor<1xf32>
  %b = arith.addf %y, %y : tensor<f32>
  return %a, %b : tensor<1xf32>, tensor<f32>
}

func.func @bias(%x: tensor<45x67xbf16>, %r: tensor<45xf32>, %c: tensor<67xf32>) -> tensor<67x45xbf16> {
  %e = tensor.empty() : tensor<67x45xbf16>
  %o = linalg.generic {indexing_maps = [#id2, #row, #col, #swap], iterator_types = ["parallel", "parallel"]}
      ins(%x, %r, %c : tensor<45x67xbf16>, tensor<45xf32>, tensor<67xf32>) outs(%e : tensor<67x45xbf16>) {
  ^bb0(%a: bf16, %b: f32, %d: f32, %old: bf16):
    %f = arith.extf %a : bf16 to f32
    %g = arith.mulf %f, %b : f32
    %h = arith.addf %g, %d : f32
    %i = arith.truncf %h : f32 to bf16
    linalg.yield %i : bf16
  } -> tensor<67x45xbf16>
  return %o : tensor<67x45xbf16>
}

func.func @transpose(%x: tensor<70x131xf32>) -> tensor<131x70xf32> {
  %e = tensor.empty() : tensor<131x70xf32>
  %t = linalg.transpose ins(%x : tensor<70x131xf32>) outs(%e : tensor<131x70xf32>) permutation = [1, 0]
  return %t : tensor<131x70xf32>
}

func.func @permute(%x: tensor<5x6x33xf16>) -> tensor<33x5x6xf16> {
  %e = tensor.empty() : tensor<33x5x6xf16>
  %t = linalg.transpose ins(%x : tensor<5x6x33xf16>) outs(%e : tensor<33x5x6xf16>) permutation = [2, 0, 1]
  return %t : tensor<33x5x6xf16>
}

func.func @rows(%x: tensor<37x300xf32>) -> (tensor<37xf32>, tensor<37xf32>) {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<37xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<37xf32>) -> tensor<37xf32>
  %l = linalg.fill ins(%low : f32) outs(%e : tensor<37xf32>) -> tensor<37xf32>
  %s = linalg.reduce ins(%x : tensor<37x300xf32>) outs(%z : tensor<37xf32>) dimensions = [1]
    (%a: f32, %b: f32) { %c = arith.addf %a, %b : f32 linalg.yield %c : f32 }
  %m = linalg.reduce ins(%x : tensor<37x300xf32>) outs(%l : tensor<37xf32>) dimensions = [1]
    (%a: f32, %b: f32) { %c = arith.maximumf %a, %b : f32 linalg.yield %c : f32 }
  return %s, %m : tensor<37xf32>, tensor<37xf32>
}

func.func @columns(%x: tensor<150x65xi32>, %d: tensor<150x65xf64>) -> (tensor<65xi32>, tensor<65xf64>) {
  %low = arith.constant -2147483648 : i32
  %zero = arith.constant 0x7FF0000000000000 : f64
  %e = tensor.empty() : tensor<65xi32>
  %l = linalg.fill ins(%low : i32) outs(%e : tensor<65xi32>) -> tensor<65xi32>
  %m = linalg.reduce ins(%x : tensor<150x65xi32>) outs(%l : tensor<65xi32>) dimensions = [0]
    (%a: i32, %b: i32) { %c = arith.maxsi %a, %b : i32 linalg.yield %c : i32 }
  %ed = tensor.empty() : tensor<65xf64>
  %z = linalg.fill ins(%zero : f64) outs(%ed : tensor<65xf64>) -> tensor<65xf64>
  %s = linalg.reduce ins(%d : tensor<150x65xf64>) outs(%z : tensor<65xf64>) dimensions = [0]
    (%a: f64, %b: f64) { %c = arith.minimumf %a, %b : f64 linalg.yield %c : f64 }
  return %m, %s : tensor<65xi32>, tensor<65xf64>
}

func.func @whole(%x: tensor<83x90xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %s = linalg.reduce ins(%x : tensor<83x90xf32>) outs(%z : tensor<f32>) dimensions = [0, 1]
    (%a: f32, %b: f32) { %c = arith.addf %a, %b : f32 linalg.yield %c : f32 }
  return %s : tensor<f32>
}

func.func @softmax(%x: tensor<29x300xbf16>) -> tensor<29x300xf32> {
  %w = arith.extf %x : tensor<29x300xbf16> to tensor<29x300xf32>
  %e = tensor.empty() : tensor<29x300xf32>
  %s = linalg.softmax dimension(1) ins(%w : tensor<29x300xf32>) outs(%e : tensor<29x300xf32>) -> tensor<29x300xf32>
  return %s : tensor<29x300xf32>
}

// The root of the mean square of each row scales it.
func.func @rmsnorm(%x: tensor<19x256xbf16>, %g: tensor<256xbf16>) -> tensor<19x256xbf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 256.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %e = tensor.empty() : tensor<19xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<19xf32>) -> tensor<19xf32>
  %sq = linalg.generic {indexing_maps = [#id2, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<19x256xbf16>) outs(%z : tensor<19xf32>) {
  ^bb0(%a: bf16, %acc: f32):
    %f = arith.extf %a : bf16 to f32
    %m = arith.mulf %f, %f : f32
    %s = arith.addf %acc, %m : f32
    linalg.yield %s : f32
  } -> tensor<19xf32>
  %o = tensor.empty() : tensor<19x256xbf16>
  %r = linalg.generic {indexing_maps = [#id2, #row, #col, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sq, %g : tensor<19x256xbf16>, tensor<19xf32>, tensor<256xbf16>) outs(%o : tensor<19x256xbf16>) {
  ^bb0(%a: bf16, %s: f32, %b: bf16, %old: bf16):
    %f = arith.extf %a : bf16 to f32
    %h = arith.extf %b : bf16 to f32
    %mean = arith.divf %s, %n : f32
    %safe = arith.addf %mean, %eps : f32
    %inv = math.rsqrt %safe : f32
    %p = arith.mulf %f, %inv : f32
    %q = arith.mulf %p, %h : f32
    %t = arith.truncf %q : f32 to bf16
    linalg.yield %t : bf16
  } -> tensor<19x256xbf16>
  return %r : tensor<19x256xbf16>
}

func.func @argmax(%x: tensor<23x150xf32>) -> (tensor<23xf32>, tensor<23xi64>) {
  %low = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %e = tensor.empty() : tensor<23xf32>
  %ei = tensor.empty() : tensor<23xi64>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<23xf32>) -> tensor<23xf32>
  %fi = linalg.fill ins(%none : i64) outs(%ei : tensor<23xi64>) -> tensor<23xi64>
  %r:2 = linalg.generic {indexing_maps = [#id2, #row, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<23x150xf32>) outs(%f, %fi : tensor<23xf32>, tensor<23xi64>) {
  ^bb0(%v: f32, %b: f32, %at: i64):
    %j = linalg.index 1 : index
    %ji = arith.index_cast %j : index to i64
    %g = arith.cmpf ogt, %v, %b : f32
    %nb = arith.select %g, %v, %b : f32
    %na = arith.select %g, %ji, %at : i64
    linalg.yield %nb, %na : f32, i64
  } -> (tensor<23xf32>, tensor<23xi64>)
  return %r#0, %r#1 : tensor<23xf32>, tensor<23xi64>
}

func.func @embedding(%t: tensor<50x72xbf16>, %ids: tensor<31xi64>) -> tensor<31x72xbf16> {
  %e = tensor.empty() : tensor<31x72xbf16>
  %r = linalg.generic {indexing_maps = [#row, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<31xi64>) outs(%e : tensor<31x72xbf16>) {
  ^bb0(%id: i64, %old: bf16):
    %fifty = arith.constant 50 : i64
    %low = arith.remui %id, %fifty : i64
    %i = arith.index_cast %low : i64 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %t[%i, %j] : tensor<50x72xbf16>
    linalg.yield %v : bf16
  } -> tensor<31x72xbf16>
  return %r : tensor<31x72xbf16>
}

func.func @convolution(%x: tensor<2x11x13x5xf32>, %w: tensor<3x3x5x6xf32>) -> tensor<2x5x6x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x5x6x6xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x6x6xf32>) -> tensor<2x5x6x6xf32>
  %c = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<2x11x13x5xf32>, tensor<3x3x5x6xf32>) outs(%z : tensor<2x5x6x6xf32>) -> tensor<2x5x6x6xf32>
  return %c : tensor<2x5x6x6xf32>
}

func.func @pooling(%x: tensor<2x9x9x3xf32>) -> tensor<2x4x4x3xf32> {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x4x4x3xf32>
  %z = linalg.fill ins(%low : f32) outs(%e : tensor<2x4x4x3xf32>) -> tensor<2x4x4x3xf32>
  %w = tensor.empty() : tensor<3x3xf32>
  %p = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<2x9x9x3xf32>, tensor<3x3xf32>) outs(%z : tensor<2x4x4x3xf32>) -> tensor<2x4x4x3xf32>
  return %p : tensor<2x4x4x3xf32>
}

func.func @shapes(%a: tensor<6x4x10xf32>, %b: tensor<3x2x5xf32>) -> (tensor<24x10xf32>, tensor<4x5xf32>, tensor<6x4x10xf32>, tensor<8x7x10xf32>, tensor<12x4x10xf32>) {
  %flat = tensor.collapse_shape %a [[0, 1], [2]] : tensor<6x4x10xf32> into tensor<24x10xf32>
  %cut = tensor.extract_slice %a[2, 0, 1] [1, 4, 5] [1, 1, 2] : tensor<6x4x10xf32> to tensor<4x5xf32>
  %in = tensor.insert_slice %b into %a[1, 2, 0] [3, 2, 5] [1, 1, 2] : tensor<3x2x5xf32> into tensor<6x4x10xf32>
  %one = arith.constant 1.0 : f32
  %pad = tensor.pad %a low[1, 2, 0] high[1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %one : f32
  } : tensor<6x4x10xf32> to tensor<8x7x10xf32>
  %cat = tensor.concat dim(0) %a, %in : (tensor<6x4x10xf32>, tensor<6x4x10xf32>) -> tensor<12x4x10xf32>
  return %flat, %cut, %in, %pad, %cat : tensor<24x10xf32>, tensor<4x5xf32>, tensor<6x4x10xf32>, tensor<8x7x10xf32>, tensor<12x4x10xf32>
}

func.func @positions() -> (tensor<37x11xi64>, tensor<37x11xf32>) {
  %e = tensor.empty() : tensor<37x11xi64>
  %ef = tensor.empty() : tensor<37x11xf32>
  %r:2 = linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]}
      outs(%e, %ef : tensor<37x11xi64>, tensor<37x11xf32>) {
  ^bb0(%old: i64, %oldf: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %p = arith.muli %i, %j : index
    %s = arith.addi %p, %j : index
    %l = arith.index_cast %s : index to i64
    %f = arith.sitofp %l : i64 to f32
    linalg.yield %l, %f : i64, f32
  } -> (tensor<37x11xi64>, tensor<37x11xf32>)
  return %r#0, %r#1 : tensor<37x11xi64>, tensor<37x11xf32>
}
