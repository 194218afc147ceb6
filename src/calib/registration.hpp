// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "calib/masters.hpp"
#include "core/grid.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

enum class Registration {
  agrees,     ///< the pattern lies where the header says
  shifted,    ///< it lies elsewhere: refuse the frame, or its master
  undecided,  ///< no pattern stands out, or two places are equally good
};

struct RegistrationShift {
  Registration verdict = Registration::undecided;
  std::int64_t dx = 0;  ///< best: pixel (0,0) of the frame is master pixel (x0 + dx, y0 + dy)
  std::int64_t dy = 0;
  double significance = 0.0;  ///< of the best correlation, sigmas
  double lead = 0.0;  ///< of the best over no shift (over the runner-up if it is none), sigmas
  Grid<double> correlation;  ///< [2r + 1][2r + 1], the middle is no shift; 0 without overlap
};

/// Finds where a windowed frame sits in a full-detector master (flat or dark) by its pixel pattern.
///
/// `frame_adu` is [ny][nx] above bias, not yet divided by the flat; `mask` may be empty. Both
/// images lose the mean of the 5×5 usable pixels about each one and are clipped at 3 (frame: stars)
/// and 5 (master: dust, hot pixels) robust sigmas; what is left is correlated at every shift within
/// `radius_px`. A correlation is known to 1/√n_px or to the robust scatter of the other shifts,
/// whichever is larger. The best must reach 5 sigma, and a shift must beat no shift by 5 √2 sigma;
/// otherwise the verdict is undecided. Throws Error{bad_input} because of "window" when the frame
/// does not lie in the master. Cost: (2r + 1)² passes over the frame. Collective: no.
RegistrationShift registration_shift(const Grid<float>& frame_adu, const Mask& mask,
                                     const MasterView& master, std::int64_t x0, std::int64_t y0,
                                     std::int64_t radius_px = 2);

}  // namespace skyweft::calib
