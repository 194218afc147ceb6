// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <filesystem>

#include <fmt/format.h>

#include "io/calibrated_file.hpp"
#include "io/iso_utc.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {

void save(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  const FrameInfo& info = work.info;
  const double start_jd = info.time_utc_mid_jd - 0.5 * info.exposure_s / kSecondsPerDay;
  const io::CalibratedOrigin origin{.raw = work.raw.header,
                                    .raw_file = info.path,
                                    .channel = info.channel,
                                    .layout = info.layout,
                                    .date_obs = io::iso_utc(start_jd),
                                    .bias = givens.bias,
                                    .dark = givens.dark,
                                    .flat = givens.flat,
                                    .software_version = SKYWEFT_VERSION,
                                    .config_digest = givens.run_digest,
                                    .history = work.history};
  std::string part = info.channel;
  if (info.layout.plane > 0) part += fmt::format("plane{}", info.layout.plane);
  part += givens.save_suffix;
  io::write_calibrated(
      givens.calibrated_folder / io::calibrated_name(info.path, part, options.save.is_on()),
      work.frame, origin, options.save);
}

}  // namespace skyweft::steps
