// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/patch_kernel.hpp"

#include <algorithm>
#include <cstring>

#include "core/wide_copies.hpp"

namespace skyweft::shape {
namespace {

/// Four numbers side by side; where registers hold two, the compiler splits them.
using Four = double __attribute__((vector_size(32), aligned(8), may_alias));

#define SKYWEFT_INLINE [[gnu::always_inline]] inline

SKYWEFT_INLINE const Four& at(const double* p) {
  return *reinterpret_cast<const Four*>(p);
}
SKYWEFT_INLINE Four& at(double* p) {
  return *reinterpret_cast<Four*>(p);
}

SKYWEFT_INLINE void star_shape(std::size_t n_node, const ShapeBasis& basis, const double* kappa,
                               double* __restrict shape) {
  const double* const base = basis.base.data();
  const double* const term = basis.term.data();
  for (std::size_t i = 0; i < n_node; i += 4) {
    Four sum = at(base + i);
    for (std::size_t k = 0; k < basis.n_term; ++k) sum += kappa[k] * at(term + k * n_node + i);
    at(shape + i) = sum;
  }
}

/// Nodes to pixels: along x first, then each row takes the few functions of y that reach it.
SKYWEFT_INLINE void spread(const PatchLayout& l, const double* table, const std::uint16_t* band,
                           const double* __restrict shape, double* __restrict lines,
                           double* __restrict model) {
  for (std::size_t r = 0; r < l.rank; ++r) {
    const double* const x = table + l.x_at(r);
    const double* const y = table + l.y_at(r);
    for (std::size_t b = 0; b < l.nb; ++b)
      for (std::size_t c = 0; c < l.sx; c += 4) {
        Four sum{};
        for (std::size_t a = 0; a < l.na; ++a) sum += shape[b * l.sa + a] * at(x + a * l.sx + c);
        at(lines + b * l.sx + c) = sum;
      }
    for (std::size_t p = 0; p < l.ny; ++p)
      for (std::size_t c = 0; c < l.sx; c += 4) {
        Four sum{};
        if (r > 0) sum = at(model + p * l.sx + c);
        for (std::size_t b = band[2 * p]; b < band[2 * p + 1]; ++b)
          sum += y[p * l.nb + b] * at(lines + b * l.sx + c);
        at(model + p * l.sx + c) = sum;
      }
  }
}

/// Pixels to nodes: the transpose of spread().
SKYWEFT_INLINE void gather(const PatchLayout& l, const double* table, const std::uint16_t* band,
                           const double* __restrict pull, double* __restrict lines,
                           double* __restrict slope) {
  const std::uint16_t* const rows = band + 2 * l.ny;
  for (std::size_t r = 0; r < l.rank; ++r) {
    const double* const x = table + l.x_turned_at(r);
    const double* const y = table + l.y_at(r);
    for (std::size_t b = 0; b < l.nb; ++b) {
      for (std::size_t c = 0; c < l.sx; c += 4) {
        Four sum{};
        for (std::size_t p = rows[2 * b]; p < rows[2 * b + 1]; ++p)
          sum += y[p * l.nb + b] * at(pull + p * l.sx + c);
        at(lines + b * l.sx + c) = sum;
      }
      for (std::size_t c = 0; c < l.sa; c += 4) {
        Four sum{};
        if (r > 0) sum = at(slope + b * l.sa + c);
        for (std::size_t p = 0; p < l.nx; ++p) sum += lines[b * l.sx + p] * at(x + p * l.sa + c);
        at(slope + b * l.sa + c) = sum;
      }
    }
  }
}

SKYWEFT_INLINE void add_terms(std::size_t n_node, std::size_t n_term, const double* kappa,
                              double flux, const double* __restrict slope,
                              double* __restrict gradient) {
  for (std::size_t k = 0; k < n_term; ++k) {
    const double factor = flux * kappa[k];
    for (std::size_t i = 0; i < n_node; i += 4)
      at(gradient + k * n_node + i) += factor * at(slope + i);
  }
}

SKYWEFT_INLINE double total(const double* column, std::size_t n) {
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += column[i];
  return sum;
}

}  // namespace

SKYWEFT_WIDE_COPIES
void patch_model(const PatchLayout& l, const double* table, const std::uint16_t* band,
                 const ShapeBasis& basis, const double* kappa, PatchScratch& scratch,
                 double* model) {
  star_shape(l.n_node(), basis, kappa, scratch.shape.data());
  spread(l, table, band, scratch.shape.data(), scratch.lines.data(), model);
}

SKYWEFT_WIDE_COPIES
void patch_gradient(const PatchLayout& l, const double* table, const std::uint16_t* band,
                    const double* kappa, std::size_t n_term, double flux, const double* pull,
                    PatchScratch& scratch, double* gradient) {
  gather(l, table, band, pull, scratch.lines.data(), scratch.slope.data());
  add_terms(l.n_node(), n_term, kappa, flux, scratch.slope.data(), gradient);
}

SKYWEFT_WIDE_COPIES
PatchFit fit_patch(const PatchLayout& l, const double* table, const std::uint16_t* band,
                   const ShapeBasis& basis, const double* kappa, const double* target,
                   const double* weight, PatchScratch& scratch, double* gradient) {
  double* const model = scratch.model.data();
  star_shape(l.n_node(), basis, kappa, scratch.shape.data());
  spread(l, table, band, scratch.shape.data(), scratch.lines.data(), model);

  // Sums along columns first: every width of the registers adds in the same order.
  double* const column = scratch.column.data();
  std::fill(scratch.column.begin(), scratch.column.end(), 0.0);
  for (std::size_t p = 0; p < l.n_pixel(); p += l.sx)
    for (std::size_t c = 0; c < l.sx; c += 4) {
      const Four wm = at(weight + p + c) * at(model + p + c);
      at(column + c) += wm * at(target + p + c);
      at(column + l.sx + c) += wm * at(model + p + c);
    }
  PatchFit out;
  const double cross = total(column, l.sx);
  out.strength = total(column + l.sx, l.sx);
  out.flux = out.strength > 0.0 ? cross / out.strength : 0.0;

  for (std::size_t p = 0; p < l.n_pixel(); p += l.sx)
    for (std::size_t c = 0; c < l.sx; c += 4) {
      const Four left = at(target + p + c) - out.flux * at(model + p + c);
      const Four pull = at(weight + p + c) * left;
      at(column + 2 * l.sx + c) += pull * left;
      at(model + p + c) = pull;
    }
  out.chi2 = total(column + 2 * l.sx, l.sx);

  gather(l, table, band, model, scratch.lines.data(), scratch.slope.data());
  add_terms(l.n_node(), basis.n_term, kappa, out.flux, scratch.slope.data(), gradient);
  return out;
}

}  // namespace skyweft::shape
