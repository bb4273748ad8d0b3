//===- Difference.cpp - Whether device memory holds the same bytes --------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Difference.h"
#include "qimeng/Runtime/Data.h"
#include <algorithm>
#include <cstring>

namespace qimeng {

/// Every thread compares vectors of 16 bytes, one grid's width apart; those
/// before the first bytes behind the last whole vector, one byte each.
static const char differsPtx[] = R"(.version 7.0
.target sm_80
.address_size 64
.visible .entry qimeng_differs(.param .u64 a, .param .u64 b,
                               .param .u64 bytes, .param .u64 flag)
{
  .reg .pred %p<2>; .reg .b32 %r<16>; .reg .b64 %rd<12>;
  ld.param.u64 %rd1, [a]; ld.param.u64 %rd2, [b];
  ld.param.u64 %rd3, [bytes]; ld.param.u64 %rd4, [flag];
  cvta.to.global.u64 %rd1, %rd1; cvta.to.global.u64 %rd2, %rd2;
  cvta.to.global.u64 %rd4, %rd4;
  mov.u32 %r1, %ctaid.x; mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x; mov.u32 %r4, %nctaid.x;
  mul.wide.u32 %rd5, %r1, %r2;
  cvt.u64.u32 %rd6, %r3;
  add.u64 %rd5, %rd5, %rd6;
  mul.wide.u32 %rd6, %r4, %r2;
  shl.b64 %rd6, %rd6, 4;
  and.b64 %rd7, %rd3, -16;
  mov.u32 %r5, 0;
  add.u64 %rd8, %rd7, %rd5;
  setp.ge.u64 %p1, %rd8, %rd3;
  @%p1 bra WHOLE;
  add.u64 %rd9, %rd1, %rd8; add.u64 %rd10, %rd2, %rd8;
  ld.global.u8 %r6, [%rd9]; ld.global.u8 %r7, [%rd10];
  xor.b32 %r5, %r6, %r7;
WHOLE:
  shl.b64 %rd8, %rd5, 4;
LOOP:
  setp.ge.u64 %p1, %rd8, %rd7;
  @%p1 bra DONE;
  add.u64 %rd9, %rd1, %rd8; add.u64 %rd10, %rd2, %rd8;
  ld.global.v4.u32 {%r6, %r7, %r8, %r9}, [%rd9];
  ld.global.v4.u32 {%r10, %r11, %r12, %r13}, [%rd10];
  xor.b32 %r6, %r6, %r10; xor.b32 %r7, %r7, %r11;
  xor.b32 %r8, %r8, %r12; xor.b32 %r9, %r9, %r13;
  or.b32 %r6, %r6, %r7; or.b32 %r8, %r8, %r9;
  or.b32 %r5, %r5, %r6; or.b32 %r5, %r5, %r8;
  add.u64 %rd8, %rd8, %rd6;
  bra LOOP;
DONE:
  setp.eq.u32 %p1, %r5, 0;
  @%p1 bra END;
  mov.u32 %r14, 1;
  st.global.u32 [%rd4], %r14;
END:
  ret;
}
)";

static constexpr unsigned threads = 256;

Result<Difference> Difference::create(DevicePtr device) {
  Difference result;
  Result<DeviceModule> module =
      DeviceModule::load(device, {"comparison", differsPtx, /*isPtx=*/true});
  if (!module)
    return Error{module.error()};
  Result<cuda::CUfunction> kernel = module->function("qimeng_differs");
  if (!kernel)
    return Error{kernel.error()};
  Result<DeviceMemory> flag =
      DeviceMemory::allocate(device, sizeof(uint32_t), /*guarded=*/false);
  if (!flag)
    return Error{flag.error()};
  uint32_t none = 0;
  if (Status status = flag->upload(&none, sizeof none); !status)
    return Error{status.error()};
  result.device = std::move(device);
  result.module = std::move(*module);
  result.kernel = *kernel;
  result.flag = std::move(*flag);
  return result;
}

Status Difference::enqueue(const DeviceMemory &a, const DeviceMemory &b,
                           cuda::CUstream stream) {
  uint64_t bytes = a.bytes();
  uint64_t blocks = bytes / (16 * threads) + 1;
  // Enough to fill the device.
  uint64_t most = 8 * std::max(1, device->info().multiprocessors);
  Program::Launch launch;
  launch.kernel = "qimeng_differs";
  launch.grid[0] = static_cast<unsigned>(std::min(blocks, most));
  launch.block[0] = threads;
  cuda::CUdeviceptr addresses[] = {a.address(), b.address(), flag.address()};
  void *parameters[] = {&addresses[0], &addresses[1], &bytes, &addresses[2]};
  return launchKernel(*device, kernel, launch, parameters, stream);
}

Result<bool> Difference::found(const DeviceStream &stream) {
  if (Status status = stream.synchronize(); !status)
    return Error{status.error()};
  uint32_t found = 0;
  if (Status status = flag.download(&found, sizeof found); !status)
    return Error{status.error()};
  if (found == 0)
    return false;
  uint32_t none = 0;
  if (Status status = flag.upload(&none, sizeof none); !status)
    return Error{status.error()};
  return true;
}

std::string describeDifference(const Program::Buffer &buffer,
                               const char *before, const char *now) {
  int64_t size = static_cast<int64_t>(dataTypeBytes(buffer.dtype));
  int64_t first = -1, differing = 0;
  for (int64_t i = 0; i < buffer.elements(); ++i)
    if (std::memcmp(before + i * size, now + i * size, size) != 0) {
      first = first < 0 ? i : first;
      ++differing;
    }
  if (differing == 0)
    return "";
  auto valueIn = [&](const char *bytes) {
    double value = 0;
    convertElements(bytes + first * size, buffer.dtype, &value, DataType::F64,
                    1);
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return std::string(text);
  };
  return std::to_string(differing) + " of " +
         std::to_string(buffer.elements()) + " elements differ, the first at " +
         std::to_string(first) + ": got " + valueIn(now) + ", before " +
         valueIn(before);
}

} // namespace qimeng
