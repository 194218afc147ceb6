// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/shapes_of_stars.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/terms.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::phot {
namespace {

constexpr std::array kConstant{1.0};

}  // namespace

StarShapes::StarShapes(PsfMap map, const NamedColumns& columns, std::int64_t n_star)
    : n_star_(n_star), map_(std::move(map)) {
  if (map_.kind == PsfKind::none) return;
  const Terms terms = Terms::parse(map_.terms);
  const std::int64_t n_term = terms.n_term();
  if (map_.n_parameter() <= 0 || map_.n_term() != n_term ||
      map_.n_term() * map_.n_parameter() != static_cast<std::int64_t>(map_.coefficient.size()))
    throw Error{Errc::bad_input,
                fmt::format("the map of star shapes has {} coefficients, but its terms '{}' ask "
                            "for {} x {}; fit it again",
                            map_.coefficient.size(), map_.terms, n_term, map_.n_parameter())}
        .because({"psf_terms", static_cast<double>(map_.n_term()), static_cast<double>(n_term)});
  if (n_term == 1) {
    common_ = shape::shape_of(map_, kConstant);
    return;
  }
  const Eigen::MatrixXd design = columns.design(terms, n_star);
  terms_.reserve(static_cast<std::size_t>(n_star * n_term));
  for (Eigen::Index i = 0; i < n_star; ++i)
    for (Eigen::Index k = 0; k < n_term; ++k) terms_.push_back(design(i, k));
}

std::span<const double> StarShapes::terms(std::int64_t i) const noexcept {
  if (empty()) return {};
  if (is_common()) return kConstant;
  const auto n_term = static_cast<std::size_t>(map_.n_term());
  return std::span{terms_}.subspan(static_cast<std::size_t>(i) * n_term, n_term);
}

const StarShape& StarShapes::at(std::int64_t i, StarShape& scratch) const {
  if (empty() || is_common()) return common_;
  scratch = shape::shape_of(map_, terms(i));
  return scratch;
}

}  // namespace skyweft::phot
