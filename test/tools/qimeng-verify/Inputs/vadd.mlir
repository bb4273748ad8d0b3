// x + y in one block; the fake driver knows this kernel by its name.
module {
  qimeng.kernel @vadd(%arg0: memref<128xf32>, %arg1: memref<128xf32>, %arg2: memref<128xf32>) grid(1) {
    %0 = qimeng.load %arg0 : memref<128xf32> -> tensor<128xf32>
    %1 = qimeng.load %arg1 : memref<128xf32> -> tensor<128xf32>
    %2 = arith.addf %0, %1 : tensor<128xf32>
    qimeng.store %2, %arg2 : tensor<128xf32>, memref<128xf32>
  }
  func.func @main(%arg0: memref<128xf32>, %arg1: memref<128xf32>, %arg2: memref<128xf32>) {
    qimeng.launch @vadd(%arg0, %arg1, %arg2) : memref<128xf32>, memref<128xf32>, memref<128xf32>
    return
  }
}

