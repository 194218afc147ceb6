// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace skyweft::detect {

/// The sky in one box.
struct BoxValue {
  double level_e = kNaN;
  double rms_e = kNaN;
};

/// Clips the pixels of a box about their median and takes level and scatter of what is left
/// (Bertin & Arnouts 1996; the rule is at estimate_background).
///
/// One histogram with bins of 0.02 sigma within 6 sigma of a first guess serves all rounds. It
/// rounds a pixel by 0.006 sigma rms, no more than 2e-5 of sigma itself; the limits of clipping are
/// right to half a bin. The guess is median and scaled median deviation of some 63 pixels; where
/// the quartiles of all pixels disagree by a third, they are the second guess. Cost: each pixel is
/// touched twice. Keeps its memory from box to box.
class BoxSky {
 public:
  BoxSky(double clip_sigma, int max_rounds);

  /// Reorders `values` (finite, at least one). Collective: no. Throws: never.
  BoxValue operator()(std::span<float> values);

 private:
  struct Guess {
    float centre;
    double sigma;
  };
  Guess guess_from_few(std::span<const float> values);
  double count(std::span<const float> values, const Guess& guess);
  Guess quartiles(const Guess& guess) const;
  BoxValue clipped(const Guess& guess, double sigma_before) const;

  double clip_sigma_;
  int max_rounds_;
  std::vector<std::uint32_t> counts_, odd_;  ///< bins, with one more at both ends for the rest
  std::vector<float> sample_;
};

}  // namespace skyweft::detect
