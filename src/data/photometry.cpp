// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/photometry.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/units.hpp"

namespace skyweft {
namespace {

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <class T>
void put(std::vector<T>& to, std::int64_t at, const std::vector<T>& from) {
  std::ranges::copy(from, to.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

const PointExtra& point_extra(std::string_view name) {
  const auto it = std::ranges::find(kPointExtras, name, &PointExtra::name);
  if (it != kPointExtras.end()) return *it;
  std::string known;
  for (const PointExtra& e : kPointExtras)
    known += (known.empty() ? "" : ", ") + std::string{e.name};
  throw Error{Errc::bad_config,
              fmt::format("'{}' is no column that points can carry; there are: {}", name, known)};
}

std::vector<std::string> in_table_order(std::span<const std::string> names) {
  for (const std::string& name : names) point_extra(name);
  std::vector<std::string> out;
  for (const PointExtra& e : kPointExtras)
    if (std::ranges::find(names, e.name) != names.end()) out.emplace_back(e.name);
  return out;
}

void PointColumns::resize(std::int64_t n_point, std::int64_t n_ap,
                          std::span<const std::string> names) {
  const auto n = static_cast<std::size_t>(n_point);
  const auto n_all = static_cast<std::size_t>(n_point * n_ap);
  flux_e.assign(n_all, kNaNf);
  flux_err_e.assign(n_all, kNaNf);
  x_px.assign(n, kNaNf);
  y_px.assign(n, kNaNf);
  bg_e.assign(n, kNaNf);
  bg_err_e.assign(n, kNaNf);
  quality.assign(n, quality::not_measured);
  keep(names);
}

void PointColumns::keep(std::span<const std::string> names) {
  extra.clear();
  for (const std::string& name : in_table_order(names))
    extra.push_back({name, std::vector<float>(quality.size(), kNaNf)});
}

std::vector<std::string> PointColumns::extra_names() const {
  std::vector<std::string> names;
  for (const ExtraColumn& column : extra) names.push_back(column.name);
  return names;
}

bool PointColumns::operator==(const PointColumns& other) const {
  return same_bits(flux_e, other.flux_e) && same_bits(flux_err_e, other.flux_err_e) &&
         same_bits(x_px, other.x_px) && same_bits(y_px, other.y_px) &&
         same_bits(bg_e, other.bg_e) && same_bits(bg_err_e, other.bg_err_e) &&
         same_bits(quality, other.quality) &&
         std::ranges::equal(extra, other.extra, [](const ExtraColumn& a, const ExtraColumn& b) {
           return a.name == b.name && same_bits(a.value, b.value);
         });
}

FrameBlock make_frame_block(std::int64_t n_frame, std::int64_t n_star, std::int64_t n_ap,
                            std::span<const std::string> extra) {
  FrameBlock block{.n_frame = n_frame, .n_star = n_star, .n_ap = n_ap, .points = {}};
  block.points.resize(n_frame * n_star, n_ap, extra);
  return block;
}

StarBlock make_star_block(std::int64_t n_star, std::int64_t n_frame, std::int64_t n_ap,
                          std::span<const std::string> extra) {
  StarBlock block{.n_star = n_star, .n_frame = n_frame, .n_ap = n_ap, .points = {}};
  block.points.resize(n_star * n_frame, n_ap, extra);
  return block;
}

void put_frame(FrameBlock& block, std::int64_t i_frame, const FramePhotometry& frame) {
  if (frame.n_star != block.n_star || frame.n_ap != block.n_ap || i_frame < 0 ||
      i_frame >= block.n_frame || frame.points.extra_names() != block.points.extra_names())
    throw Error{Errc::internal, "a frame's photometry does not fit the block it is put into"};
  const std::int64_t at = i_frame * block.n_star;
  put(block.points.flux_e, at * block.n_ap, frame.points.flux_e);
  put(block.points.flux_err_e, at * block.n_ap, frame.points.flux_err_e);
  put(block.points.x_px, at, frame.points.x_px);
  put(block.points.y_px, at, frame.points.y_px);
  put(block.points.bg_e, at, frame.points.bg_e);
  put(block.points.bg_err_e, at, frame.points.bg_err_e);
  put(block.points.quality, at, frame.points.quality);
  for (std::size_t k = 0; k < block.points.extra.size(); ++k)
    put(block.points.extra[k].value, at, frame.points.extra[k].value);
}

}  // namespace skyweft
