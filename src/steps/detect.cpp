// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "detect/detect.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {

void detect_stars(FrameWork& work, const FrameGivens&, const FrameOptions& options) {
  detect::Detection found = detect::detect_sources(work.frame, work.background, options.detect);
  work.record.n_sources = found.sources.size();
  work.record.fwhm_px = found.fwhm_px;
  work.record.elongation = found.elongation;
  work.sources = std::move(found.sources);
  if (work.sources.size() == 0)
    throw Error{Errc::bad_input, fmt::format("no star above {} sigma; cloud, dome or shutter? "
                                             "detect.threshold_sigma lowers the limit",
                                             options.detect.threshold_sigma)}
        .because({"n_sources", 0.0, 1.0});
}

}  // namespace skyweft::steps
