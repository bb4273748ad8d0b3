func.func @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = math.exp %x : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
