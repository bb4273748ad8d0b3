// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

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
