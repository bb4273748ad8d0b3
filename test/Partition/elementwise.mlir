// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// No reduction: tile operations in compute types, broadcasts only where needed.

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<7x33xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<7xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<33x7xbf16>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.0100097656> : tensor<7xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<7x33xbf16> -> <33x7xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<33x7xbf16> -> tensor<33x7xbf16>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<7xbf16> -> tensor<7xbf16>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.extf [[V2]] : tensor<7xbf16> to tensor<7xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.addf [[V3]], [[CST0]] fastmath<contract> : tensor<7xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = math.rsqrt [[V4]] : tensor<7xf32>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.extf [[V1]] : tensor<33x7xbf16> to tensor<33x7xf32>
// CHECK: [[V7:%[a-z0-9_]+]] = qimeng.broadcast [[V5]] axes [0] : tensor<7xf32> -> tensor<33x7xf32>
// CHECK: [[V8:%[a-z0-9_]+]] = arith.mulf [[V6]], [[V7]] : tensor<33x7xf32>
// CHECK: [[V9:%[a-z0-9_]+]] = arith.truncf [[V8]] : tensor<33x7xf32> to tensor<33x7xbf16>
// CHECK: qimeng.store [[V9]], [[ARG2]] : tensor<33x7xbf16>, memref<33x7xbf16>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<7x33xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<7xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<33x7xbf16>)
// CHECK: qimeng.launch @elementwise([[ARG0]], [[ARG1]], [[ARG2]]) : memref<7x33xbf16>, memref<7xbf16>, memref<33x7xbf16>
// bf16 is computed with in f32; what varies along fewer dimensions is computed there.
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#out = affine_map<(i, j) -> (j, i)>
func.func @f(%x: tensor<7x33xbf16>, %s: tensor<7xbf16>) -> tensor<33x7xbf16> {
  %eps = arith.constant 1.0e-2 : bf16
  %e = tensor.empty() : tensor<33x7xbf16>
  %0 = linalg.generic {indexing_maps = [#all, #row, #out], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<7x33xbf16>, tensor<7xbf16>) outs(%e : tensor<33x7xbf16>) {
  ^bb0(%a: bf16, %b: bf16, %o: bf16):
    %c = arith.addf %b, %eps fastmath<contract> : bf16
    %d = math.rsqrt %c : bf16
    %m = arith.mulf %a, %d : bf16
    linalg.yield %m : bf16
  } -> tensor<33x7xbf16>
  return %0 : tensor<33x7xbf16>
}

// -----

// CHECK-LABEL: qimeng.kernel @elementwise_add(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x5xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.addf [[V0]], [[V1]] : tensor<4x5xf32>
// CHECK: qimeng.store [[V2]], [[ARG2]] : tensor<4x5xf32>, memref<4x5xf32>
// CHECK-LABEL: qimeng.kernel @elementwise_exp(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x5xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = math.exp [[V0]] : tensor<4x5xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<4x5xf32>, memref<4x5xf32>
// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x5xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.mulf [[V0]], [[V1]] : tensor<4x5xf32>
// CHECK: qimeng.store [[V2]], [[ARG2]] : tensor<4x5xf32>, memref<4x5xf32>
// CHECK-LABEL: qimeng.kernel @elementwise_select(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xi1>, [[ARG1:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG3:%[a-z0-9_]+]]: memref<4x5xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xi1> -> tensor<4x5xi1>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.select [[V0]], [[V1]], [[V2]] : tensor<4x5xi1>, tensor<4x5xf32>
// CHECK: qimeng.store [[V3]], [[ARG3]] : tensor<4x5xf32>, memref<4x5xf32>
// CHECK-LABEL: qimeng.kernel @elementwise_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<5xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x5xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<5xf32> -> tensor<5xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [0] : tensor<5xf32> -> tensor<4x5xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.subf [[V0]], [[V2]] : tensor<4x5xf32>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<4x5xf32>, memref<4x5xf32>
// CHECK-LABEL: qimeng.kernel @elementwise_fptosi(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x5xi8>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.fptosi [[V0]] : tensor<4x5xf32> to tensor<4x5xi8>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<4x5xi8>, memref<4x5xi8>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x5xi1>, [[ARG3:%[a-z0-9_]+]]: memref<5xf32>, [[ARG4:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG5:%[a-z0-9_]+]]: memref<4x5xi8>)
// CHECK: [[ALLOC0:%[a-z0-9_]+]] = memref.alloc() : memref<4x5xf32>
// CHECK: qimeng.launch @elementwise_add([[ARG0]], [[ARG1]], [[ALLOC0]]) : memref<4x5xf32>, memref<4x5xf32>, memref<4x5xf32>
// CHECK: [[ALLOC1:%[a-z0-9_]+]] = memref.alloc() : memref<4x5xf32>
// CHECK: qimeng.launch @elementwise_exp([[ALLOC0]], [[ALLOC1]]) : memref<4x5xf32>, memref<4x5xf32>
// CHECK: [[ALLOC2:%[a-z0-9_]+]] = memref.alloc() : memref<4x5xf32>
// CHECK: qimeng.launch @elementwise([[ALLOC1]], [[ARG1]], [[ALLOC2]]) : memref<4x5xf32>, memref<4x5xf32>, memref<4x5xf32>
// CHECK: [[ALLOC3:%[a-z0-9_]+]] = memref.alloc() : memref<4x5xf32>
// CHECK: qimeng.launch @elementwise_select([[ARG2]], [[ALLOC2]], [[ARG0]], [[ALLOC3]]) : memref<4x5xi1>, memref<4x5xf32>, memref<4x5xf32>, memref<4x5xf32>
// CHECK: qimeng.launch @elementwise_1([[ALLOC3]], [[ARG3]], [[ARG4]]) : memref<4x5xf32>, memref<5xf32>, memref<4x5xf32>
// CHECK: qimeng.launch @elementwise_fptosi([[ARG4]], [[ARG5]]) : memref<4x5xf32>, memref<4x5xi8>
func.func @f(%x: tensor<4x5xf32>, %y: tensor<4x5xf32>, %p: tensor<4x5xi1>, %n: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<4x5xi8>) {
  %e = tensor.empty() : tensor<4x5xf32>
  %0 = linalg.add ins(%x, %y : tensor<4x5xf32>, tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = linalg.exp ins(%0 : tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %2 = linalg.map { arith.mulf } ins(%1, %y : tensor<4x5xf32>, tensor<4x5xf32>) outs(%e : tensor<4x5xf32>)
  %3 = linalg.select ins(%p, %2, %x : tensor<4x5xi1>, tensor<4x5xf32>, tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %4 = linalg.elementwise kind=#linalg.elementwise_kind<sub> indexing_maps = [affine_map<(i,j)->(i,j)>, affine_map<(i,j)->(j)>, affine_map<(i,j)->(i,j)>] ins(%3, %n : tensor<4x5xf32>, tensor<5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %5 = arith.fptosi %4 : tensor<4x5xf32> to tensor<4x5xi8>
  return %4, %5 : tensor<4x5xf32>, tensor<4x5xi8>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<7x33xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<7x33xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<33x7xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<7x33xbf16> -> tensor<7x33xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extf [[V0]] : tensor<7x33xbf16> to tensor<7x33xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = math.exp [[V1]] : tensor<7x33xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.truncf [[V2]] : tensor<7x33xf32> to tensor<7x33xbf16>
// CHECK: qimeng.store [[V3]], [[ARG1]] : tensor<7x33xbf16>, memref<7x33xbf16>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.view [[ARG2]] by #[[MAP_map]] : memref<33x7xf32> -> <7x33xf32>
// CHECK: qimeng.store [[V2]], [[V4]] : tensor<7x33xf32>, !qimeng.view<7x33xf32>
// CHECK-LABEL: qimeng.kernel @reduce_add(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<7x33xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<7xf32>, [[ARG2:%[a-z0-9_]+]]: memref<7xbf16>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<1.500000e+00> : tensor<7xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<7x33xbf16> -> tensor<7x33xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extf [[V0]] : tensor<7x33xbf16> to tensor<7x33xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.reduce add [[V1]] axes [1] : tensor<7x33xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.reduce max [[V1]] axes [1] : tensor<7x33xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.maximumf [[V3]], [[CST0]] : tensor<7xf32>
// CHECK: qimeng.store [[V2]], [[ARG1]] : tensor<7xf32>, memref<7xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.truncf [[V4]] : tensor<7xf32> to tensor<7xbf16>
// CHECK: qimeng.store [[V5]], [[ARG2]] : tensor<7xbf16>, memref<7xbf16>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<7x33xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<7x33xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<33x7xf32>, [[ARG3:%[a-z0-9_]+]]: memref<7xf32>, [[ARG4:%[a-z0-9_]+]]: memref<7xbf16>)
// CHECK: qimeng.launch @elementwise([[ARG0]], [[ARG1]], [[ARG2]]) : memref<7x33xbf16>, memref<7x33xbf16>, memref<33x7xf32>
// CHECK: qimeng.launch @reduce_add([[ARG0]], [[ARG3]], [[ARG4]]) : memref<7x33xbf16>, memref<7xf32>, memref<7xbf16>
#a = affine_map<(i,j)->(i,j)>
#t = affine_map<(i,j)->(j,i)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<7x33xbf16>) -> (tensor<7x33xbf16>, tensor<33x7xf32>, tensor<7xf32>, tensor<7xbf16>) {
  %e = tensor.empty() : tensor<7x33xbf16>
  %e2 = tensor.empty() : tensor<33x7xf32>
  %z = arith.constant dense<0.0> : tensor<7xf32>
  %o = arith.constant dense<1.5> : tensor<7xbf16>
  %r:2 = linalg.generic {indexing_maps=[#a,#a,#t], iterator_types=["parallel","parallel"]} ins(%x : tensor<7x33xbf16>) outs(%e, %e2 : tensor<7x33xbf16>, tensor<33x7xf32>) {
  ^bb0(%v: bf16, %b: bf16, %c: f32):
    %w = math.exp %v : bf16
    %u = arith.extf %w : bf16 to f32
    linalg.yield %w, %u : bf16, f32
  } -> (tensor<7x33xbf16>, tensor<33x7xf32>)
  %s:2 = linalg.generic {indexing_maps=[#a,#r,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<7x33xbf16>) outs(%z, %o : tensor<7xf32>, tensor<7xbf16>) {
  ^bb0(%v: bf16, %b: f32, %c: bf16):
    %u = arith.extf %v : bf16 to f32
    %w = arith.addf %b, %u : f32
    %m = arith.maximumf %c, %v : bf16
    linalg.yield %w, %m : f32, bf16
  } -> (tensor<7xf32>, tensor<7xbf16>)
  return %r#0, %r#1, %s#0, %s#1 : tensor<7x33xbf16>, tensor<33x7xf32>, tensor<7xf32>, tensor<7xbf16>
}

// -----

// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<20xi16>, [[ARG2:%[a-z0-9_]+]]: memref<20xbf16>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<1.500000e+00> : tensor<20xf32>
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<1> : tensor<20xi16>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<20xbf16> -> tensor<20xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extf [[V0]] : tensor<20xbf16> to tensor<20xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.negf [[V1]] : tensor<20xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.truncf [[V2]] : tensor<20xf32> to tensor<20xbf16>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.bitcast [[V3]] : tensor<20xbf16> to tensor<20xi16>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.shrui [[V4]], [[CST1]] : tensor<20xi16>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.sitofp [[V5]] : tensor<20xi16> to tensor<20xf32>
// CHECK: [[V7:%[a-z0-9_]+]] = arith.addf [[V6]], [[CST0]] : tensor<20xf32>
// CHECK: qimeng.store [[V5]], [[ARG1]] : tensor<20xi16>, memref<20xi16>
// CHECK: [[V8:%[a-z0-9_]+]] = arith.truncf [[V7]] : tensor<20xf32> to tensor<20xbf16>
// CHECK: qimeng.store [[V8]], [[ARG2]] : tensor<20xbf16>, memref<20xbf16>
// CHECK-LABEL: qimeng.kernel @bitcast(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<20xi16>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<20xbf16> -> tensor<20xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.bitcast [[V0]] : tensor<20xbf16> to tensor<20xi16>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<20xi16>, memref<20xi16>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<20xi16>, [[ARG2:%[a-z0-9_]+]]: memref<20xi16>, [[ARG3:%[a-z0-9_]+]]: memref<20xbf16>)
// CHECK: qimeng.launch @elementwise([[ARG0]], [[ARG1]], [[ARG3]]) : memref<20xbf16>, memref<20xi16>, memref<20xbf16>
// CHECK: qimeng.launch @bitcast([[ARG0]], [[ARG2]]) : memref<20xbf16>, memref<20xi16>
#a = affine_map<(i)->(i)>
func.func @f(%x: tensor<20xbf16>) -> (tensor<20xi16>, tensor<20xi16>, tensor<20xbf16>) {
  %e = tensor.empty() : tensor<20xi16>
  %eb = tensor.empty() : tensor<20xbf16>
  %r:2 = linalg.generic {indexing_maps=[#a,#a,#a], iterator_types=["parallel"]} ins(%x : tensor<20xbf16>) outs(%e, %eb : tensor<20xi16>, tensor<20xbf16>) {
  ^bb0(%q: bf16, %o: i16, %o2: bf16):
    %n = arith.negf %q : bf16
    %w = arith.bitcast %n : bf16 to i16
    %c = arith.constant 1 : i16
    %y = arith.shrui %w, %c : i16
    %s = arith.sitofp %y : i16 to bf16
    %h = arith.constant 1.5 : bf16
    %s2 = arith.addf %s, %h : bf16
    linalg.yield %y, %s2 : i16, bf16
  } -> (tensor<20xi16>, tensor<20xbf16>)
  %b = tensor.bitcast %x : tensor<20xbf16> to tensor<20xi16>
  return %r#0, %b, %r#1 : tensor<20xi16>, tensor<20xi16>, tensor<20xbf16>
}

// -----

// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<5xi64>, [[ARG1:%[a-z0-9_]+]]: memref<20x8xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<5x8xbf16>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<15> : tensor<5xi64>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<5xi64> -> tensor<5xi64>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.andi [[V0]], [[CST0]] : tensor<5xi64>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.index_cast [[V1]] : tensor<5xi64> to tensor<5xindex>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<8xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.broadcast [[V2]] axes [1] : tensor<5xindex> -> tensor<5x8xindex>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [0] : tensor<8xindex> -> tensor<5x8xindex>
// CHECK: [[V6:%[a-z0-9_]+]] = qimeng.gather [[ARG1]][[[V4]], [[V5]]] : memref<20x8xbf16>, tensor<5x8xindex>, tensor<5x8xindex> -> tensor<5x8xbf16>
// CHECK: qimeng.store [[V6]], [[ARG2]] : tensor<5x8xbf16>, memref<5x8xbf16>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20x8xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<5xi64>, [[ARG2:%[a-z0-9_]+]]: memref<5x8xbf16>)
// CHECK: qimeng.launch @elementwise([[ARG1]], [[ARG0]], [[ARG2]]) : memref<5xi64>, memref<20x8xbf16>, memref<5x8xbf16>
#i = affine_map<(i,j)->(i)>
#a = affine_map<(i,j)->(i,j)>
func.func @f(%t: tensor<20x8xbf16>, %ids: tensor<5xi64>) -> tensor<5x8xbf16> {
  %e = tensor.empty() : tensor<5x8xbf16>
  %c = arith.constant 15 : i64
  %r = linalg.generic {indexing_maps=[#i,#a], iterator_types=["parallel","parallel"]} ins(%ids : tensor<5xi64>) outs(%e : tensor<5x8xbf16>) {
  ^bb0(%id: i64, %o: bf16):
    %m = arith.andi %id, %c : i64
    %x = arith.index_cast %m : i64 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %t[%x, %j] : tensor<20x8xbf16>
    linalg.yield %v : bf16
  } -> tensor<5x8xbf16>
  return %r : tensor<5x8xbf16>
}
