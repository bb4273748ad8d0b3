//===- GpuKernelTest.cpp - Launch attributes ------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Target/GpuKernel.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qimeng;

namespace {

struct LaunchInfoAttr : testing::Test {
  FailureOr<GpuKernel> read(Attribute attribute) {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      error = diagnostic.str();
      return success();
    });
    return fromAttr(attribute,
                    [&] { return emitError(UnknownLoc::get(&context)); });
  }
  std::string errorOf(StringRef text) {
    EXPECT_TRUE(failed(read(parseAttribute(text, &context))));
    return error;
  }

  MLIRContext context;
  std::string error;
};

TEST_F(LaunchInfoAttr, ComesBack) {
  GpuKernel kernel;
  kernel.grid = {132, 2, 1};
  kernel.block = {384, 1, 1};
  kernel.cluster = {2, 1, 1};
  kernel.dynamicSharedBytes = 229440;
  TensorMapInfo map;
  map.dtype = DataType::F16;
  map.dims = {4096, uint64_t(1) << 32};
  map.strideBytes = {8192};
  map.box = {64, 128};
  map.elementStrides = {1, 2};
  map.swizzle = 128;
  map.l2Promotion = 256;
  map.oobFillNaN = true;
  kernel.args = {{3, map}, {0, std::nullopt}};
  Attribute attribute = toAttr(&context, kernel);

  // Also through text.
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  FailureOr<GpuKernel> got = read(parseAttribute(text, &context));
  ASSERT_TRUE(succeeded(got)) << error;
  EXPECT_EQ(got->grid, kernel.grid);
  EXPECT_EQ(got->block, kernel.block);
  EXPECT_EQ(got->cluster, kernel.cluster);
  EXPECT_EQ(got->dynamicSharedBytes, 229440u);
  ASSERT_EQ(got->args.size(), 2u);
  EXPECT_EQ(got->args[0].operand, 3u);
  EXPECT_FALSE(got->args[1].tensorMap);
  const TensorMapInfo &gotMap = *got->args[0].tensorMap;
  EXPECT_EQ(gotMap.dtype, DataType::F16);
  EXPECT_EQ(gotMap.dims, map.dims);
  EXPECT_EQ(gotMap.strideBytes, map.strideBytes);
  EXPECT_EQ(gotMap.box, map.box);
  EXPECT_EQ(gotMap.elementStrides, map.elementStrides);
  EXPECT_EQ(gotMap.swizzle, 128u);
  EXPECT_EQ(gotMap.l2Promotion, 256u);
  EXPECT_TRUE(gotMap.oobFillNaN);
}

TEST_F(LaunchInfoAttr, ErrorsNameTheField) {
  EXPECT_EQ(errorOf("5 : i64"), "qimeng.launch_info must be a dictionary");
  EXPECT_EQ(errorOf("{block = 3 : i64}"),
            "qimeng.launch_info: grid must be an array<i32: x, y, z>, but is "
            "missing");
  EXPECT_EQ(errorOf("{grid = array<i32: 1, 2>}"),
            "qimeng.launch_info: grid must have 3 numbers, but has 2");
  std::string good = "{grid = array<i32: 1, 1, 1>, block = array<i32: 1, 1, "
                     "1>, cluster = array<i32: 1, 1, 1>, dynamic_shared = 0 : "
                     "i64, args = [";
  EXPECT_EQ(errorOf(good + "{}]}"),
            "qimeng.launch_info: args[0].operand must be an integer, but is "
            "missing");
  EXPECT_EQ(errorOf(good + "{operand = 0 : i64, tensor_map = {dtype = f80}}]}"),
            "qimeng.launch_info: args[0].tensor_map.dtype must be an element "
            "type of the runtime, but is 'f80'");
}

} // namespace
