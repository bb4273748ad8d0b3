//===- TestKernels.h - Small kernels, right and wrong -----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PTX for the device tests. FakeDriver.cpp has the same kernels by name, in
// C++. All but tma_copy take the addresses of a, b and c, with one thread per
// element.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_UNIT_RUNTIME_TESTKERNELS_H
#define QIMENG_TEST_UNIT_RUNTIME_TESTKERNELS_H

#include <string>

namespace qimeng::test {

/// A kernel over one element per thread: i is in %r4, its byte offset (for
/// elements of `bytes`) in %rd4, the addresses of a[i], b[i], c[i] in %rd5,
/// %rd6, %rd7.
inline std::string elementKernel(const std::string &name, int bytes,
                                 const std::string &body) {
  return ".visible .entry " + name +
         "(.param .u64 a, .param .u64 b, .param .u64 c)\n{\n"
         "  .reg .pred %p<4>; .reg .b32 %r<16>; .reg .b64 %rd<16>;\n"
         "  .reg .f32 %f<8>; .reg .f64 %d<8>;\n"
         "  ld.param.u64 %rd1, [a]; ld.param.u64 %rd2, [b];\n"
         "  ld.param.u64 %rd3, [c];\n"
         "  cvta.to.global.u64 %rd1, %rd1; cvta.to.global.u64 %rd2, %rd2;\n"
         "  cvta.to.global.u64 %rd3, %rd3;\n"
         "  mov.u32 %r1, %ctaid.x; mov.u32 %r2, %ntid.x; mov.u32 %r3, %tid.x;\n"
         "  mad.lo.s32 %r4, %r1, %r2, %r3;\n"
         "  mul.wide.s32 %rd4, %r4, " +
         std::to_string(bytes) +
         ";\n"
         "  add.s64 %rd5, %rd1, %rd4; add.s64 %rd6, %rd2, %rd4;\n"
         "  add.s64 %rd7, %rd3, %rd4;\n" +
         body + "  ret;\n}\n";
}

/// For every architecture from sm_80 on.
inline std::string elementKernels() {
  const std::string add = "  ld.global.f32 %f1, [%rd5];\n"
                          "  ld.global.f32 %f2, [%rd6];\n"
                          "  add.f32 %f3, %f1, %f2;\n";
  const std::string store = "  st.global.f32 [%rd7], %f3;\n";
  return ".version 7.0\n.target sm_80\n.address_size 64\n"
         ".visible .global .u32 poisoned_runs = 0;\n" +
         elementKernel("vadd", 4, add + store) +
         // Right, after a few milliseconds.
         elementKernel("late", 4,
                       "  mov.u32 %r5, 0;\n"
                       "WAIT:\n"
                       "  nanosleep.u32 1000000;\n"
                       "  add.s32 %r5, %r5, 1;\n"
                       "  setp.lt.s32 %p1, %r5, 8;\n"
                       "  @%p1 bra WAIT;\n" +
                           add + store) +
         elementKernel("vadd64", 8,
                       "  ld.global.f64 %d1, [%rd5];\n"
                       "  ld.global.f64 %d2, [%rd6];\n"
                       "  add.f64 %d3, %d1, %d2;\n"
                       "  st.global.f64 [%rd7], %d3;\n") +
         // c = a - b: wrong.
         elementKernel("vsub", 4,
                       "  ld.global.f32 %f1, [%rd5];\n"
                       "  ld.global.f32 %f2, [%rd6];\n"
                       "  sub.f32 %f3, %f1, %f2;\n" +
                           store) +
         // Leaves odd elements out.
         elementKernel("lazy", 4,
                       add +
                           "  and.b32 %r5, %r4, 1;\n"
                           "  setp.ne.s32 %p1, %r5, 0;\n"
                           "  @%p1 bra DONE;\n" +
                           store + "DONE:\n") +
         // Writes one element past the end, too.
         elementKernel("overrun", 4,
                       add + store +
                           "  mov.u32 %r6, %nctaid.x;\n"
                           "  mul.lo.s32 %r7, %r6, %r2;\n"
                           "  sub.s32 %r7, %r7, 1;\n"
                           "  setp.ne.s32 %p1, %r4, %r7;\n"
                           "  @%p1 bra DONE;\n"
                           "  st.global.f32 [%rd7+4], %f3;\n"
                           "DONE:\n") +
         // Changes its input.
         elementKernel("scribble", 4,
                       add + store + "  st.global.f32 [%rd5], %f3;\n") +
         // Wrong in the eleventh run that finds c poisoned: the seventh further
         // run, where one draw is checked beside the timed one.
         elementKernel("race", 4,
                       add +
                           "  setp.ne.s32 %p1, %r4, 0;\n"
                           "  @%p1 bra STORE;\n"
                           "  ld.global.u32 %r5, [%rd7];\n"
                           "  setp.ne.u32 %p1, %r5, 0xFFFFFFFF;\n"
                           "  @%p1 bra STORE;\n"
                           "  atom.global.add.u32 %r6, [poisoned_runs], 1;\n"
                           "  setp.ne.u32 %p1, %r6, 10;\n"
                           "  @%p1 bra STORE;\n"
                           "  add.f32 %f3, %f3, 0f3F800000;\n"
                           "STORE:\n" +
                           store) +
         // Never ends: no element is equal to this NaN.
         elementKernel("spin", 4,
                       "LOOP:\n"
                       "  ld.volatile.global.u32 %r5, [%rd7];\n"
                       "  setp.ne.u32 %p1, %r5, 0x7FABCDEF;\n"
                       "  @%p1 bra LOOP;\n") +
         elementKernel("fault", 4,
                       "  mov.u64 %rd8, 4096;\n"
                       "  st.global.f32 [%rd8], 0f00000000;\n") +
         elementKernel("stop", 4, "  trap;\n");
}

/// Copies a tile of 8 rows and 32 columns of f32 through TMA; 256 threads.
inline std::string tmaKernel() {
  return R"(.version 8.0
.target sm_90
.address_size 64
.visible .entry tma_copy(.param .align 64 .b8 map[128], .param .u64 out)
{
  .reg .pred %p<3>; .reg .b32 %r<8>; .reg .b64 %rd<8>; .reg .f32 %f<2>;
  .shared .align 128 .b8 tile[1024];
  .shared .align 8 .b64 barrier;
  mov.u32 %r1, %tid.x;
  mov.u32 %r2, tile;
  mov.u32 %r3, barrier;
  mov.b64 %rd1, map;
  cvta.param.u64 %rd1, %rd1;
  setp.ne.s32 %p1, %r1, 0;
  @%p1 bra READY;
  mbarrier.init.shared.b64 [%r3], 1;
  fence.proxy.async;
  mbarrier.arrive.expect_tx.shared.b64 %rd2, [%r3], 1024;
  mov.u32 %r4, 0;
  cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd1, {%r4, %r4}], [%r3];
READY:
  bar.sync 0;
WAIT:
  mbarrier.try_wait.parity.shared.b64 %p2, [%r3], 0;
  @!%p2 bra WAIT;
  shl.b32 %r5, %r1, 2;
  add.s32 %r6, %r2, %r5;
  ld.shared.f32 %f1, [%r6];
  ld.param.u64 %rd3, [out];
  cvta.to.global.u64 %rd3, %rd3;
  cvt.u64.u32 %rd4, %r5;
  add.s64 %rd5, %rd3, %rd4;
  st.global.f32 [%rd5], %f1;
  ret;
}
)";
}

} // namespace qimeng::test

#endif // QIMENG_TEST_UNIT_RUNTIME_TESTKERNELS_H
