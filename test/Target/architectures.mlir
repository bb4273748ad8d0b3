// A product by mma.sync with copies ahead assembles for every architecture; a
// specialized one, whose producer copies by TMA, where there is TMA; one whose
// blocks share a factor, where there are clusters.
// REQUIRES: assembler
// DEFINE: %{arch} =
// DEFINE: %{pipelined} = qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=64,64 reduce=32 warps=4},qimeng-tensorize{arch=%{arch}},qimeng-pipeline{arch=%{arch}})' | qimeng-translate - --to=cubin --arch=%{arch} --report -o %t.cubin 2>&1 | FileCheck %s
// DEFINE: %{specialized} = qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=64,64 reduce=32 warps=4},qimeng-tensorize{arch=%{arch}},qimeng-specialize{arch=%{arch}},qimeng-cluster{arch=%{arch}})' | qimeng-translate - --to=cubin --arch=%{arch} --report -o %t.cubin 2>&1 | FileCheck %s
// CHECK: gemm: {{[0-9]+}} registers, {{.*}} 0 + 0 bytes spill stores + loads
//
// REDEFINE: %{arch} = sm_80
// RUN: %{pipelined}
// REDEFINE: %{arch} = sm_86
// RUN: %{pipelined}
// REDEFINE: %{arch} = sm_89
// RUN: %{pipelined}
// REDEFINE: %{arch} = sm_90a
// RUN: %{pipelined}
// RUN: %{specialized}
// REDEFINE: %{arch} = sm_100a
// RUN: %{pipelined}
// RUN: %{specialized}
// REDEFINE: %{arch} = sm_120a
// RUN: %{pipelined}
// RUN: %{specialized}

qimeng.kernel @gemm(%A: memref<256x256xbf16>, %B: memref<256x256xbf16>, %C: memref<256x256xbf16>) {
  %zero = arith.constant dense<0.0> : tensor<256x256xf32>
  %a = qimeng.load %A : memref<256x256xbf16> -> tensor<256x256xbf16>
  %b = qimeng.load %B : memref<256x256xbf16> -> tensor<256x256xbf16>
  %d = qimeng.dot %a, %b, %zero : tensor<256x256xbf16>, tensor<256x256xbf16> -> tensor<256x256xf32>
  %c = arith.truncf %d : tensor<256x256xf32> to tensor<256x256xbf16>
  qimeng.store %c, %C : tensor<256x256xbf16>, memref<256x256xbf16>
}
