// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/terms.hpp"
#include "lc/epd_fit.hpp"
#include "lc/variables.hpp"

namespace skyweft::lc {

/// What one star adds to the variables of its group.
struct EpdOwn {
  /// In the order of EpdTerms::own_names(): [frame], or one value that holds for all frames.
  std::span<const std::span<const double>> columns;
  std::span<const std::vector<double>> signals;  ///< [column][frame], further columns of the fit
};

/// Terms over the frames of one observing group, and where their variables come from.
class EpdTerms {
 public:
  /// `frames` are positions in the columns; a frame's index in it is its place in the group.
  /// `shared` holds columns [frame] and scalars that are the same for all stars. Collective: no.
  /// Throws: never.
  EpdTerms(const Terms& terms, const NamedColumns& shared, std::span<const std::int64_t> frames);

  /// The names that `shared` lacks.
  const std::vector<std::string>& own_names() const noexcept { return own_names_; }
  const std::vector<std::int64_t>& frames() const noexcept { return frames_; }
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(frames_.size()); }
  std::int64_t n_term() const noexcept { return terms_.n_term(); }

  /// Evaluates the terms, then the signals, at `places` [point]; −1 at the end of a block fills it
  /// up and gives zeros, as do terms that are finite nowhere. `is_bad` [point] tells where a term
  /// is not finite; such a point has zeros, too. Returns the products Σ x xᵀ over the first
  /// n_product points, whole blocks. Collective: no. Throws: never.
  Eigen::MatrixXd fill(const EpdOwn& own, std::span<const std::int32_t> places,
                       std::int64_t n_product, EpdDesign& design, std::vector<std::uint8_t>& is_bad,
                       AlignedDoubles& gathered) const;

 private:
  void evaluate(const EpdOwn& own, std::span<const std::int32_t> places, AlignedDoubles& gathered,
                double* block) const;
  void choose_shift(const EpdOwn& own, std::span<const std::int32_t> places, EpdDesign& design,
                    AlignedDoubles& gathered) const;

  Terms terms_;
  std::vector<std::int64_t> frames_;
  std::vector<std::vector<double>> shared_;           ///< [name][place]
  std::vector<std::optional<std::size_t>> own_of_{};  ///< [name] index into EpdOwn::columns
  std::vector<std::string> own_names_;
};

}  // namespace skyweft::lc
