//===- Writes.cpp - Check 3: every output element written once ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearForm.h"
#include "qimeng/Verify/Bounds.h"
#include "qimeng/Verify/IndexSpace.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral prefix = "check 3 (writes): ";

namespace {

/// A store as expressions: which element of its view the point (programs,
/// iterations, tile coordinates) writes, and where that lies in the operand.
struct Write {
  StoreOp op;
  IndexSpace space;
  SmallVector<AffineExpr> viewIndex;
  ArrayRef<int64_t> viewShape;
  AffineMap map;
  int64_t points = 1; ///< conditions left aside

  explicit Write(StoreOp op) : op(op), space(op) {}
};

/// A product of progressions, one per dimension of the operand; or one
/// progression over the row-major positions.
struct Image {
  SmallVector<Progression> box;
  bool isLinear = false;

  int64_t volume() const {
    int64_t result = 1;
    for (const Progression &p : box)
      result *= p.count;
    return result;
  }
};

class OutputCheck {
public:
  OutputCheck(KernelOp kernel, BlockArgument output, int64_t maxVisits)
      : kernel(kernel), output(output), maxVisits(maxVisits),
        shape(cast<MemRefType>(output.getType()).getShape()) {}

  LogicalResult run(ArrayRef<StoreOp> stores);

private:
  LogicalResult describe(StoreOp store);
  /// Decides from the images' closed form; nothing when there is none.
  std::optional<bool> decideClosedForm();
  std::optional<bool> addImages(const Write &write);
  std::optional<Image> mapThroughView(const Write &write,
                                      ArrayRef<Progression> viewBox);
  std::optional<Image> toLinear(const Image &image);
  LogicalResult visitAll();

  KernelOp kernel;
  BlockArgument output;
  int64_t maxVisits;
  ArrayRef<int64_t> shape;
  SmallVector<std::unique_ptr<Write>> writes;
  SmallVector<Image> images;
};

} // namespace

static int64_t getNumElements(ArrayRef<int64_t> shape) {
  return ShapedType::getNumElements(shape);
}

static SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

LogicalResult OutputCheck::describe(StoreOp store) {
  auto write = std::make_unique<Write>(store);
  IndexSpace &space = write->space;
  Access access = getAccess(store.getTarget());
  write->viewShape = getSourceShape(store.getTarget());
  write->map = access.map;
  SmallVector<AffineExpr> offsets;
  for (size_t dim = 0; dim < write->viewShape.size(); ++dim) {
    AffineExpr offset = store.getOffsets().empty()
                            ? getAffineConstantExpr(0, store.getContext())
                            : space.express(store.getOffsets()[dim]);
    if (!offset)
      return store.emitOpError()
             << prefix << "offset " << dim
             << " is not an affine expression of program ids and loop "
                "counters, so it cannot be proved that every element of "
                "operand "
             << output.getArgNumber() << " is written once";
    offsets.push_back(offset);
  }
  if (!space.isExact())
    return store.emitOpError()
               .append(prefix, "cannot tell when or where this store runs; "
                               "loops need constant bounds, and conditions "
                               "around a store and its offsets must be affine "
                               "in program ids and loop counters")
               .attachNote(space.getUnknown()->getLoc())
           << "because of this operation";
  auto tile = cast<RankedTensorType>(store.getValue().getType());
  for (auto [dim, size] : llvm::enumerate(tile.getShape()))
    write->viewIndex.push_back(
        offsets[dim] +
        space.addVariable(size, "tile index " + std::to_string(dim)));
  for (const IndexSpace::Variable &variable : space.getVariables())
    if (llvm::MulOverflow(write->points, variable.size, write->points))
      write->points = INT64_MAX;
  writes.push_back(std::move(write));
  return success();
}

//===----------------------------------------------------------------------===//
// Closed form
//===----------------------------------------------------------------------===//

/// The values of `forms` over the box as a product of progressions, each point
/// of which is hit once; `overlap` says that some point certainly is hit twice.
static std::optional<SmallVector<Progression>>
getProduct(ArrayRef<LinearForm> forms, ArrayRef<int64_t> sizes, bool &overlap) {
  for (auto [i, size] : llvm::enumerate(sizes)) {
    unsigned uses = llvm::count_if(forms, [&, i = i](const LinearForm &form) {
      return form.coefficients[i] != 0;
    });
    if (size > 1 && uses == 0)
      overlap = true;
    if (size > 1 && uses != 1)
      return std::nullopt;
  }
  SmallVector<Progression> product;
  for (const LinearForm &form : forms) {
    Irregular why;
    std::optional<Progression> progression = getProgression(form, sizes, why);
    if (!progression)
      return std::nullopt;
    product.push_back(*progression);
  }
  return product;
}

/// Restricts variables by the constraints, each of which must name at most one.
/// False: no closed form. Sets `empty` when no point is left.
static bool restrict(ArrayRef<IndexConstraint> constraints,
                     MutableArrayRef<LinearForm> forms, size_t numConstraints,
                     SmallVectorImpl<int64_t> &sizes, bool &empty) {
  size_t first = forms.size() - numConstraints;
  for (auto [k, constraint] : llvm::enumerate(constraints)) {
    const LinearForm form = forms[first + k];
    int64_t low = form.constant, high = form.constant, variable = -1;
    unsigned count = 0;
    for (auto [i, coefficient] : llvm::enumerate(form.coefficients)) {
      if (coefficient == 0 || sizes[i] == 1)
        continue;
      ++count;
      variable = i;
      int64_t reach = coefficient * (sizes[i] - 1);
      low += std::min<int64_t>(0, reach);
      high += std::max<int64_t>(0, reach);
    }
    if (high < 0 || (constraint.equality && low > 0)) {
      empty = true;
      return true;
    }
    if (constraint.equality ? low == 0 && high == 0 : low >= 0)
      continue;
    if (count != 1)
      return false;
    int64_t a = form.coefficients[variable], c = form.constant;
    int64_t from = 0, to = sizes[variable] - 1;
    if (constraint.equality) {
      if (c % a != 0) {
        empty = true;
        return true;
      }
      from = std::max(from, -c / a);
      to = std::min(to, -c / a);
    } else if (a > 0) {
      from = std::max(from, llvm::divideCeilSigned(-c, a));
    } else {
      to = std::min(to, llvm::divideFloorSigned(c, -a));
    }
    if (from > to) {
      empty = true;
      return true;
    }
    for (LinearForm &other : forms)
      other.constant += other.coefficients[variable] * from;
    sizes[variable] = to - from + 1;
  }
  return true;
}

std::optional<bool> OutputCheck::addImages(const Write &write) {
  for (const IndexConjunction &part : write.space.getConditions()) {
    SmallVector<int64_t> sizes;
    for (const IndexSpace::Variable &variable : write.space.getVariables())
      sizes.push_back(variable.size);
    SmallVector<AffineExpr> exprs(write.viewIndex);
    for (const IndexConstraint &constraint : part)
      exprs.push_back(constraint.expr);
    bool empty = false;
    SmallVector<Progression> box;
    if (!exprs.empty()) {
      auto forms = linearize(sizes, exprs);
      if (!forms || !restrict(part, *forms, part.size(), sizes, empty))
        return std::nullopt;
      if (empty)
        continue;
      forms->resize(write.viewIndex.size());
      bool overlap = false;
      auto product = getProduct(*forms, sizes, overlap);
      if (!product)
        return std::nullopt;
      box = *product;
    } else if (llvm::any_of(sizes, [](int64_t size) { return size > 1; })) {
      return std::nullopt;
    }
    for (auto [progression, size] : llvm::zip_equal(box, write.viewShape))
      progression = cut(progression, size);
    std::optional<Image> image = mapThroughView(write, box);
    if (!image)
      return std::nullopt;
    images.push_back(std::move(*image));
  }
  return true;
}

std::optional<Image>
OutputCheck::mapThroughView(const Write &write, ArrayRef<Progression> viewBox) {
  Image image;
  if (write.map.isIdentity()) {
    image.box.assign(viewBox.begin(), viewBox.end());
    // A padded view may be larger than the operand.
    for (auto [progression, size] : llvm::zip_equal(image.box, shape))
      progression = cut(progression, size);
    return image;
  }
  MLIRContext *context = kernel.getContext();
  SmallVector<int64_t> sizes;
  SmallVector<AffineExpr> indices;
  for (auto [dim, progression] : llvm::enumerate(viewBox)) {
    if (progression.count == 0) {
      image.box.assign(shape.size(), Progression{0, 1, 0});
      return image;
    }
    sizes.push_back(progression.count);
    indices.push_back(getAffineDimExpr(dim, context) * progression.stride +
                      progression.low);
  }
  SmallVector<AffineExpr> exprs;
  for (AffineExpr result : write.map.getResults())
    exprs.push_back(result.replaceDims(indices));
  if (exprs.empty())
    return image;
  if (auto forms = linearize(sizes, exprs)) {
    bool overlap = false;
    if (auto product = getProduct(*forms, sizes, overlap)) {
      image.box = *product;
      for (auto [progression, size] : llvm::zip_equal(image.box, shape))
        progression = cut(progression, size);
      return image;
    }
  }
  // Collapsed dimensions: only the row-major position is linear. That needs
  // every index inside.
  AffineExpr position = getAffineConstantExpr(0, context);
  for (auto [expr, size, stride] :
       llvm::zip_equal(exprs, shape, getStrides(shape))) {
    IndexRange range = getExprRange(expr, sizes);
    if (range.low < 0 || range.high >= size)
      return std::nullopt;
    position = position + expr * stride;
  }
  auto forms = linearize(sizes, {position});
  if (!forms)
    return std::nullopt;
  bool overlap = false;
  auto product = getProduct(*forms, sizes, overlap);
  if (!product)
    return std::nullopt;
  image.box = *product;
  image.isLinear = true;
  return image;
}

std::optional<Image> OutputCheck::toLinear(const Image &image) {
  if (image.isLinear)
    return image;
  LinearForm form;
  SmallVector<int64_t> sizes;
  for (auto [progression, stride] :
       llvm::zip_equal(image.box, getStrides(shape))) {
    form.constant += progression.low * stride;
    form.coefficients.push_back(progression.stride * stride);
    sizes.push_back(progression.count);
  }
  Image result;
  result.isLinear = true;
  Irregular why;
  auto progression = image.volume() == 0
                         ? std::optional<Progression>(Progression{0, 1, 0})
                         : getProgression(form, sizes, why);
  if (!progression)
    return std::nullopt;
  result.box.push_back(*progression);
  return result;
}

std::optional<bool> OutputCheck::decideClosedForm() {
  for (const auto &write : writes)
    if (!addImages(*write))
      return std::nullopt;
  if (llvm::any_of(images, [](const Image &i) { return i.isLinear; }))
    for (Image &image : images) {
      std::optional<Image> linear = toLinear(image);
      if (!linear)
        return std::nullopt;
      image = std::move(*linear);
    }
  int64_t volume = 0;
  for (auto [i, a] : llvm::enumerate(images)) {
    volume += a.volume();
    for (const Image &b : ArrayRef<Image>(images).drop_front(i + 1)) {
      bool disjoint = a.volume() == 0 || b.volume() == 0;
      for (auto [x, y] : llvm::zip_equal(a.box, b.box))
        disjoint = disjoint || areDisjoint(x, y);
      if (!disjoint)
        return false;
    }
  }
  return volume == getNumElements(shape);
}

//===----------------------------------------------------------------------===//
// Visiting every write
//===----------------------------------------------------------------------===//

namespace {
/// An affine expression in postfix form.
class Program {
public:
  explicit Program(AffineExpr expr) {
    compile(expr);
    stack.resize(depth);
  }

  int64_t run(ArrayRef<int64_t> point) {
    int64_t *top = stack.data();
    for (const auto &[kind, value] : code) {
      switch (kind) {
      case AffineExprKind::Constant:
        *top++ = value;
        break;
      case AffineExprKind::DimId:
        *top++ = point[value];
        break;
      case AffineExprKind::Add:
        --top;
        top[-1] += *top;
        break;
      case AffineExprKind::Mul:
        --top;
        top[-1] *= *top;
        break;
      case AffineExprKind::FloorDiv:
        --top;
        top[-1] = llvm::divideFloorSigned(top[-1], *top);
        break;
      case AffineExprKind::CeilDiv:
        --top;
        top[-1] = llvm::divideCeilSigned(top[-1], *top);
        break;
      default:
        --top;
        top[-1] = llvm::mod(top[-1], *top);
        break;
      }
    }
    return stack[0];
  }

private:
  void compile(AffineExpr expr, unsigned level = 1) {
    depth = std::max(depth, level);
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      code.push_back({expr.getKind(), constant.getValue()});
    } else if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      code.push_back({expr.getKind(), dim.getPosition()});
    } else {
      auto binary = cast<AffineBinaryOpExpr>(expr);
      compile(binary.getLHS(), level);
      compile(binary.getRHS(), level + 1);
      code.push_back({expr.getKind(), 0});
    }
  }
  SmallVector<std::pair<AffineExprKind, int64_t>> code;
  SmallVector<int64_t> stack;
  unsigned depth = 0;
};

/// Calls `visit` at every point of a box in row-major order until it fails.
LogicalResult
forEachPoint(ArrayRef<int64_t> sizes,
             llvm::function_ref<LogicalResult(ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> point(sizes.size(), 0);
  while (true) {
    if (failed(visit(point)))
      return failure();
    int64_t dim = sizes.size() - 1;
    while (dim >= 0 && ++point[dim] == sizes[dim])
      point[dim--] = 0;
    if (dim < 0)
      return success();
  }
}
} // namespace

static std::string printIndex(int64_t position, ArrayRef<int64_t> shape) {
  std::string text = "(";
  for (auto [i, stride] : llvm::enumerate(getStrides(shape)))
    text += (i ? ", " : "") + std::to_string(position / stride % shape[i]);
  return text + ")";
}

LogicalResult OutputCheck::visitAll() {
  llvm::BitVector written(getNumElements(shape));
  SmallVector<int64_t> strides = getStrides(shape);
  for (const auto &writePtr : writes) {
    Write &write = *writePtr;
    SmallVector<int64_t> sizes;
    for (const IndexSpace::Variable &variable : write.space.getVariables())
      sizes.push_back(variable.size);
    SmallVector<Program> indices, results;
    for (AffineExpr expr : write.viewIndex)
      indices.emplace_back(expr);
    for (AffineExpr expr : write.map.getResults())
      results.emplace_back(expr);
    SmallVector<SmallVector<std::pair<Program, bool>>> parts;
    for (const IndexConjunction &part : write.space.getConditions()) {
      parts.emplace_back();
      for (const IndexConstraint &constraint : part)
        parts.back().push_back({Program(constraint.expr), constraint.equality});
    }
    auto runs = [&](ArrayRef<int64_t> point) {
      return llvm::any_of(parts, [&](auto &part) {
        return llvm::all_of(part, [&](auto &constraint) {
          int64_t value = constraint.first.run(point);
          return constraint.second ? value == 0 : value >= 0;
        });
      });
    };
    SmallVector<int64_t> viewIndex(indices.size());
    auto visit = [&](ArrayRef<int64_t> point) -> LogicalResult {
      if (!runs(point))
        return success();
      for (auto &&[i, program] : llvm::enumerate(indices)) {
        viewIndex[i] = program.run(point);
        if (viewIndex[i] < 0 || viewIndex[i] >= write.viewShape[i])
          return success();
      }
      int64_t position = 0;
      for (auto &&[i, program] : llvm::enumerate(results)) {
        int64_t index = program.run(viewIndex);
        if (index < 0 || index >= shape[i])
          return success();
        position += index * strides[i];
      }
      if (written.test(position))
        return write.op.emitOpError()
               << prefix << "element " << printIndex(position, shape)
               << " of operand " << output.getArgNumber()
               << " is written twice, the second time by "
               << write.space.describe(point)
               << "; every element of an output must be written exactly once";
      written.set(position);
      return success();
    };
    if (failed(forEachPoint(sizes, visit)))
      return failure();
  }
  int64_t missing = written.size() - written.count();
  if (missing == 0)
    return success();
  InFlightDiagnostic diagnostic = writes.front()->op.emitOpError();
  diagnostic << prefix << missing << " of " << written.size()
             << " elements of operand " << output.getArgNumber()
             << " are never written, the first is "
             << printIndex(written.find_first_unset(), shape)
             << "; every element of an output must be written exactly once";
  return diagnostic;
}

LogicalResult OutputCheck::run(ArrayRef<StoreOp> stores) {
  for (StoreOp store : stores)
    if (failed(describe(store)))
      return failure();
  std::optional<bool> decided = decideClosedForm();
  if (decided && *decided)
    return success();
  int64_t visits = 0;
  for (const auto &write : writes)
    if (llvm::AddOverflow(visits, write->points, visits))
      visits = INT64_MAX;
  // A refusal in closed form is right, but visiting finds the element.
  if (visits <= maxVisits && getNumElements(shape) <= maxVisits)
    return visitAll();
  StoreOp store = stores.front();
  if (decided)
    return store.emitOpError()
           << prefix << "not every element of operand " << output.getArgNumber()
           << " is written exactly once";
  return store.emitOpError()
         << prefix << "cannot prove that every element of operand "
         << output.getArgNumber()
         << " is written exactly once: programs, iterations and tile "
            "coordinates do not make up separate digits of each index, and "
         << visits << " writes are too many to visit";
}

LogicalResult qimeng::checkWrites(KernelOp kernel, int64_t maxVisits) {
  llvm::MapVector<Value, SmallVector<StoreOp>> stores;
  WalkResult walk = kernel.getBody().walk([&](StoreOp store) -> WalkResult {
    Value operand = getAccess(store.getTarget()).operand;
    if (!isa<BlockArgument>(operand))
      return store.emitOpError()
             << prefix << "must write to an operand of the kernel";
    stores[operand].push_back(store);
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  if (stores.empty())
    return kernel.emitOpError()
           << prefix << "stores nothing; a kernel must write an output";
  for (auto &[operand, list] : stores) {
    OutputCheck check(kernel, cast<BlockArgument>(operand), maxVisits);
    if (failed(check.run(list)))
      return failure();
  }
  return success();
}
