// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/calibrated_file.hpp"
#include "io/iso_utc.hpp"
#include "sky/sip.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {

void save(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  const FrameInfo& info = work.info;
  const double start_jd = info.time_utc_mid_jd - 0.5 * info.exposure_s / kSecondsPerDay;
  std::optional<TanSip> wcs;
  if (work.record.wcs.valid()) {
    try {
      wcs = sky::fit_tan_sip(work.record.wcs, work.frame.nx(), work.frame.ny());
    } catch (const Error& error) {  // the pixels are sound all the same
      work.history.push_back("no world coordinates: " + error.text());
    }
  }
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
                                    .history = work.history,
                                    .wcs = std::move(wcs)};
  std::string part = info.channel;
  if (info.layout.plane > 0) part += fmt::format("plane{}", info.layout.plane);
  part += givens.save_suffix;
  io::write_calibrated(
      givens.calibrated_folder / io::calibrated_name(info.path, part, options.save.is_on()),
      work.frame, origin, options.save);
}

}  // namespace skyweft::steps
