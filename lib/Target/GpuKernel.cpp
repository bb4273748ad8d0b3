//===- GpuKernel.cpp - How a kernel of a GPU program is launched ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Target/GpuKernel.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

llvm::StringRef qimeng::getLaunchInfoAttrName() { return "qimeng.launch_info"; }

template <typename Numbers>
static Attribute i32Array(Builder &b, const Numbers &numbers) {
  return b.getDenseI32ArrayAttr(
      SmallVector<int32_t>(numbers.begin(), numbers.end()));
}

template <typename Numbers>
static Attribute i64Array(Builder &b, const Numbers &numbers) {
  return b.getDenseI64ArrayAttr(
      SmallVector<int64_t>(numbers.begin(), numbers.end()));
}

DictionaryAttr qimeng::toAttr(MLIRContext *context, const GpuKernel &kernel) {
  Builder b(context);
  SmallVector<Attribute> args;
  for (const GpuKernel::Argument &argument : kernel.args) {
    NamedAttrList fields;
    fields.append("operand", b.getI64IntegerAttr(argument.operand));
    if (argument.tensorMap) {
      const TensorMapInfo &info = *argument.tensorMap;
      NamedAttrList map;
      map.append("dtype", TypeAttr::get(toMlirType(context, info.dtype)));
      map.append("dims", i64Array(b, info.dims));
      map.append("strides", i64Array(b, info.strideBytes));
      map.append("box", i32Array(b, info.box));
      if (!info.elementStrides.empty())
        map.append("element_strides", i32Array(b, info.elementStrides));
      map.append("swizzle", b.getI64IntegerAttr(info.swizzle));
      map.append("l2_promotion", b.getI64IntegerAttr(info.l2Promotion));
      if (info.oobFillNaN)
        map.append("oob_fill_nan", b.getUnitAttr());
      fields.append("tensor_map", map.getDictionary(context));
    }
    args.push_back(fields.getDictionary(context));
  }
  NamedAttrList fields;
  fields.append("grid", i32Array(b, kernel.grid));
  fields.append("block", i32Array(b, kernel.block));
  fields.append("cluster", i32Array(b, kernel.cluster));
  fields.append("dynamic_shared",
                b.getI64IntegerAttr(kernel.dynamicSharedBytes));
  fields.append("args", b.getArrayAttr(args));
  return fields.getDictionary(context);
}

namespace {

/// Reads fields of a dictionary; the first that is missing or of another kind
/// is reported, and the rest read as nothing.
class Reader {
public:
  Reader(DictionaryAttr fields, std::string where,
         function_ref<InFlightDiagnostic()> emitError)
      : fields(fields), where(std::move(where)), emitError(emitError) {}

  template <typename Attr> Attr get(StringRef name, StringRef expected) {
    auto attr = dyn_cast_or_null<Attr>(fields.get(name));
    if (!attr && ok) {
      InFlightDiagnostic diagnostic = emitError();
      diagnostic << where << name << " must be " << expected << ", but is ";
      if (Attribute found = fields.get(name))
        diagnostic << found;
      else
        diagnostic << "missing";
      ok = false;
    }
    return attr;
  }

  unsigned number(StringRef name) {
    auto attr = get<IntegerAttr>(name, "an integer");
    return attr ? attr.getValue().getZExtValue() : 0;
  }

  template <typename Number, typename Attr>
  std::vector<Number> numbers(StringRef name, StringRef expected) {
    auto attr = get<Attr>(name, expected);
    if (!attr)
      return {};
    return std::vector<Number>(attr.asArrayRef().begin(),
                               attr.asArrayRef().end());
  }

  std::array<unsigned, 3> three(StringRef name) {
    std::vector<unsigned> read =
        numbers<unsigned, DenseI32ArrayAttr>(name, "an array<i32: x, y, z>");
    std::array<unsigned, 3> result = {1, 1, 1};
    if (ok && read.size() != 3) {
      emitError() << where << name << " must have 3 numbers, but has "
                  << read.size();
      ok = false;
    }
    if (ok)
      std::copy(read.begin(), read.end(), result.begin());
    return result;
  }

  bool has(StringRef name) const { return fields.contains(name); }

  bool ok = true;

private:
  DictionaryAttr fields;
  std::string where;
  function_ref<InFlightDiagnostic()> emitError;
};

} // namespace

static FailureOr<qimeng::TensorMapInfo>
readTensorMap(DictionaryAttr fields, const std::string &where,
              function_ref<InFlightDiagnostic()> emitError) {
  Reader read(fields, where, emitError);
  qimeng::TensorMapInfo info;
  auto type = read.get<TypeAttr>("dtype", "a type");
  if (!read.ok)
    return failure();
  std::optional<qimeng::DataType> dtype = qimeng::toDataType(type.getValue());
  if (!dtype)
    return emitError() << where << "dtype must be an element type of the "
                       << "runtime, but is " << type.getValue();
  info.dtype = *dtype;
  StringRef i64s = "an array<i64: ...>", i32s = "an array<i32: ...>";
  info.dims = read.numbers<uint64_t, DenseI64ArrayAttr>("dims", i64s);
  info.strideBytes = read.numbers<uint64_t, DenseI64ArrayAttr>("strides", i64s);
  info.box = read.numbers<uint32_t, DenseI32ArrayAttr>("box", i32s);
  if (read.has("element_strides"))
    info.elementStrides =
        read.numbers<uint32_t, DenseI32ArrayAttr>("element_strides", i32s);
  info.swizzle = read.number("swizzle");
  info.l2Promotion = read.number("l2_promotion");
  info.oobFillNaN = read.has("oob_fill_nan");
  if (!read.ok)
    return failure();
  return info;
}

FailureOr<qimeng::GpuKernel>
qimeng::fromAttr(Attribute attribute,
                 function_ref<InFlightDiagnostic()> emitError) {
  auto fields = dyn_cast_or_null<DictionaryAttr>(attribute);
  if (!fields)
    return emitError() << getLaunchInfoAttrName() << " must be a dictionary";
  std::string where = getLaunchInfoAttrName().str() + ": ";
  Reader read(fields, where, emitError);
  GpuKernel kernel;
  kernel.grid = read.three("grid");
  kernel.block = read.three("block");
  kernel.cluster = read.three("cluster");
  kernel.dynamicSharedBytes = read.number("dynamic_shared");
  auto args = read.get<ArrayAttr>("args", "an array of dictionaries");
  if (!read.ok)
    return failure();
  for (auto [index, arg] : llvm::enumerate(args)) {
    auto argFields = dyn_cast<DictionaryAttr>(arg);
    if (!argFields)
      return emitError() << where << "args must be dictionaries";
    std::string here = where + "args[" + std::to_string(index) + "].";
    Reader readArg(argFields, here, emitError);
    GpuKernel::Argument argument;
    argument.operand = readArg.number("operand");
    if (readArg.has("tensor_map")) {
      auto map = readArg.get<DictionaryAttr>("tensor_map", "a dictionary");
      if (!map)
        return failure();
      FailureOr<TensorMapInfo> info =
          readTensorMap(map, here + "tensor_map.", emitError);
      if (failed(info))
        return failure();
      argument.tensorMap = std::move(*info);
    }
    if (!readArg.ok)
      return failure();
    kernel.args.push_back(std::move(argument));
  }
  return kernel;
}
