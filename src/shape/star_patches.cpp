// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/star_patches.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

#include "shape/node_basis.hpp"

namespace skyweft::shape {
namespace {

constexpr std::size_t kPad = 4;

std::size_t padded(std::size_t n) {
  return (n + kPad - 1) / kPad * kPad;
}

/// The sub-pixel map as a sum of products of an x and a y part.
struct Products {
  std::vector<std::vector<double>> x;  ///< [rank][part]
  std::vector<std::vector<double>> y;
};

Products products_of(const SubPixelMap& subpixels, PsfView view) {
  Products out;
  if (view == PsfView::prf || subpixels.uniform()) {
    out.x = {{1.0}};
    out.y = {{view == PsfView::prf ? 1.0 : subpixels.sensitivity(0, 0)}};
    return out;
  }
  const Grid<double>& s = subpixels.sensitivity;
  Eigen::MatrixXd map(s.ny(), s.nx());
  for (std::int64_t iy = 0; iy < s.ny(); ++iy)
    for (std::int64_t ix = 0; ix < s.nx(); ++ix) map(iy, ix) = s(ix, iy);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(map, Eigen::ComputeThinU | Eigen::ComputeThinV);
  for (Eigen::Index r = 0; r < svd.singularValues().size(); ++r) {
    if (svd.singularValues()(r) <= 1e-14 * svd.singularValues()(0)) break;
    const Eigen::VectorXd x = svd.matrixV().col(r);
    const Eigen::VectorXd y = svd.matrixU().col(r) * svd.singularValues()(r);
    out.x.emplace_back(x.data(), x.data() + x.size());
    out.y.emplace_back(y.data(), y.data() + y.size());
  }
  if (out.x.empty()) out = {{{0.0}}, {{0.0}}};
  return out;
}

/// Σ over the parts of pixel i of weight × function f.
double of_parts(const AxisValues& v, std::size_t i, std::size_t f, const std::vector<double>& w) {
  double sum = 0.0;
  for (std::size_t s = 0; s < w.size(); ++s)
    sum += w[s] * v.value[(i * w.size() + s) * static_cast<std::size_t>(v.n_function) + f];
  return sum;
}

/// The functions that any part of pixel i sees; first == end outside the grid.
std::pair<std::size_t, std::size_t> band_of(const AxisValues& v, std::size_t i) {
  std::int32_t first = static_cast<std::int32_t>(v.n_function);
  std::int32_t end = 0;
  const auto n_sub = static_cast<std::size_t>(v.n_sub);
  for (std::size_t s = 0; s < n_sub; ++s) {
    if (v.first[i * n_sub + s] == v.end[i * n_sub + s]) continue;
    first = std::min(first, v.first[i * n_sub + s]);
    end = std::max(end, v.end[i * n_sub + s]);
  }
  if (first >= end) return {0, 0};
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(end)};
}

void fill_bands(const PatchLayout& l, const AxisValues& y, std::uint16_t* band) {
  std::uint16_t* const of_function = band + 2 * l.ny;
  for (std::size_t b = 0; b < l.nb; ++b) {
    of_function[2 * b] = static_cast<std::uint16_t>(l.ny);
    of_function[2 * b + 1] = 0;
  }
  for (std::size_t p = 0; p < l.ny; ++p) {
    const auto [first, end] = band_of(y, p);
    band[2 * p] = static_cast<std::uint16_t>(first);
    band[2 * p + 1] = static_cast<std::uint16_t>(end);
    for (std::size_t b = first; b < end; ++b) {
      of_function[2 * b] = std::min(of_function[2 * b], static_cast<std::uint16_t>(p));
      of_function[2 * b + 1] = static_cast<std::uint16_t>(p + 1);
    }
  }
  for (std::size_t b = 0; b < l.nb; ++b)
    if (of_function[2 * b] > of_function[2 * b + 1]) of_function[2 * b] = of_function[2 * b + 1];
}

void fill_pixels(const ShapeFrame& f, const PatchLayout& l, const AxisValues& x,
                 const std::uint16_t* band, const Patch& patch, std::span<double> excess,
                 std::span<double> variance, std::span<double> noise) {
  const double background = static_cast<double>(f.background_e[patch.star]);
  for (std::size_t iy = 0; iy < l.ny; ++iy) {
    if (band[2 * iy] == band[2 * iy + 1]) continue;
    for (std::size_t ix = 0; ix < l.nx; ++ix) {
      const std::int64_t px = patch.first_x + static_cast<std::int64_t>(ix);
      const std::int64_t py = patch.first_y + static_cast<std::int64_t>(iy);
      if (!f.frame->mask.contains(px, py)) continue;
      if ((f.frame->mask(px, py) & mask::unusable) != 0) continue;
      const auto [first, end] = band_of(x, ix);
      if (first == end) continue;
      const double signal = static_cast<double>(f.frame->signal_e(px, py));
      const double v = static_cast<double>(f.frame->variance_e2(px, py));
      if (!std::isfinite(signal) || !(v > 0.0) || !std::isfinite(v)) continue;
      excess[iy * l.sx + ix] = signal - background;
      variance[iy * l.sx + ix] = v;
      noise[iy * l.sx + ix] = patch.background_var_e2;
    }
  }
}

}  // namespace

PatchLayout patch_layout(const ShapeConfig& config, PsfView view, const SubPixelMap& subpixels) {
  const auto n_pixel = [](const std::vector<double>& lines) {
    return static_cast<std::size_t>(std::ceil(lines.back() - lines.front())) + 1;
  };
  PatchLayout l;
  l.nx = n_pixel(config.x_grid_px);
  l.ny = n_pixel(config.y_grid_px);
  l.na = 2 * (config.x_grid_px.size() - 2);
  l.nb = 2 * (config.y_grid_px.size() - 2);
  l.sx = padded(l.nx);
  l.sa = padded(l.na);
  l.rank = products_of(subpixels, view).x.size();
  return l;
}

std::int64_t first_pixel(double star_px, double first_line_px) {
  return static_cast<std::int64_t>(std::floor(star_px + first_line_px + 0.5));
}

void fill_patches(std::span<const ShapeFrame> frames, const ShapeConfig& config, PsfView view,
                  const SubPixelMap& subpixels, StarPatches& out) {
  const PatchLayout& l = out.layout;
  const Products products = products_of(subpixels, view);
  const std::size_t n = out.patch.size();
  out.table.assign(n * l.n_table(), 0.0);
  out.band.assign(n * l.n_band(), 0);
  for (auto* v : {&out.excess_e, &out.variance_e2, &out.noise_e2, &out.target_e, &out.weight,
                  &out.weight_all})
    v->assign(n * l.n_pixel(), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const Patch& patch = out.patch[i];
    const ShapeFrame& f = frames[patch.frame];
    const AxisValues x = axis_values(config.x_grid_px, f.x_px[patch.star], patch.first_x,
                                     static_cast<std::int64_t>(l.nx),
                                     static_cast<std::int64_t>(products.x[0].size()), view);
    const AxisValues y = axis_values(config.y_grid_px, f.y_px[patch.star], patch.first_y,
                                     static_cast<std::int64_t>(l.ny),
                                     static_cast<std::int64_t>(products.y[0].size()), view);
    double* const table = out.table.data() + i * l.n_table();
    for (std::size_t r = 0; r < l.rank; ++r) {
      for (std::size_t p = 0; p < l.nx; ++p)
        for (std::size_t a = 0; a < l.na; ++a)
          table[l.x_at(r) + a * l.sx + p] = table[l.x_turned_at(r) + p * l.sa + a] =
              of_parts(x, p, a, products.x[r]);
      for (std::size_t p = 0; p < l.ny; ++p)
        for (std::size_t b = 0; b < l.nb; ++b)
          table[l.y_at(r) + p * l.nb + b] = of_parts(y, p, b, products.y[r]);
    }
    std::uint16_t* const band = out.band.data() + i * l.n_band();
    fill_bands(l, y, band);
    fill_pixels(f, l, x, band, patch, out.row(out.excess_e, i), out.row(out.variance_e2, i),
                out.row(out.noise_e2, i));
  }
}

}  // namespace skyweft::shape
