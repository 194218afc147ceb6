// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace skyweft::calib {

/// Why a whole frame does not belong to a stack.
struct FrameVerdict {
  std::int64_t i_frame = 0;
  std::string_view test;   ///< "stack_level" or "stack_sigma"
  double measured = 0.0;   ///< departure from the median of the others, in robust sigmas
  double threshold = 0.0;  ///< that it must not exceed
};

/// Names the frames whose level or pixel scatter departs from those of the others by more than
/// `limit` robust sigmas, in index order, once each (as the bias, dark and flat comparers of BANZAI
/// do; McCully et al. 2018).
///
/// `level` and `sigma` are [n_frame]: median and scatter of the pixels of each frame, in one unit.
/// A robust sigma is 1.4826 MAD of the n other frames, times 1 + 1000/n³ because the MAD of few
/// values is small by chance (good frames are called odd once in 1000 frames or less often), and at
/// least 2 % of the median pixel scatter: what departs by a tenth of the noise of one pixel does no
/// harm, and equal frames stay together. A value that is not finite
/// is always odd (measured: infinite). Fewer than 5 frames with finite values: no verdict about the
/// rest. For flats of twilight give levels after their own scaling. Throws Error{internal} for
/// unequal lengths. Collective: no.
std::vector<FrameVerdict> odd_frames(std::span<const double> level, std::span<const double> sigma,
                                     double limit = 5.0);

}  // namespace skyweft::calib
