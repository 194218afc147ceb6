// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/sky_givens.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/units.hpp"
#include "io/sky_index_file.hpp"
#include "workflows/catalog_access.hpp"
#include "workflows/star_choice.hpp"

namespace skyweft::workflows {

double year_of(double jd) {
  return std::isfinite(jd) ? 2000.0 + (jd - 2451545.0) / 365.25 : kNaN;
}

StarCatalog stars_on(const RunConfig& config, const steps::FrameWork& work) {
  constexpr double kMargin = 1.1;
  const double half_deg =
      0.5 * std::hypot(static_cast<double>(work.frame.nx()), static_cast<double>(work.frame.ny())) *
      work.record.scale_arcsec_px / 3600.0;
  return choose_stars(config.run.catalog, config.stars,
                      {Angle::from_deg(work.record.ra_deg), Angle::from_deg(work.record.dec_deg)},
                      Angle::from_deg(kMargin * half_deg), year_of(work.info.time_utc_mid_jd));
}

struct SkyGivens::Parts {
  std::optional<io::SkyIndexFile> index;
  StarCatalog field;
};

SkyGivens::SkyGivens(const RunConfig& config) : config_(config), parts_(std::make_unique<Parts>()) {
  if (config.run.catalog.empty())
    throw Error{Errc::bad_config,
                "no star catalogue is named; give --catalog PATH or set run.catalog"};
  if (!config.run.index.empty()) parts_->index.emplace(config.run.index);
}

SkyGivens::~SkyGivens() = default;

steps::FrameGivens SkyGivens::for_frame(const FrameInfo& info) {
  const double epoch_yr = year_of(info.time_utc_mid_jd);
  const auto around = [this, epoch_yr](const SkyPos& centre, Angle radius) {
    return choose_stars(config_.run.catalog, config_.stars, centre, radius, epoch_yr);
  };
  steps::FrameGivens givens;
  parts_->field = {};
  if (info.pointing && info.scale_arcsec_px) {
    const double half_deg = 0.5 *
                            std::hypot(static_cast<double>(info.nx), static_cast<double>(info.ny)) *
                            *info.scale_arcsec_px / 3600.0;
    parts_->field =
        around(*info.pointing,
               Angle::from_deg(1.1 * half_deg * (1.0 + config_.frame.solve.scale_tolerance) +
                               config_.frame.solve.pointing_tolerance_deg));
  }
  givens.field = &parts_->field;
  if (parts_->index) {
    givens.index = &parts_->index->index();
    givens.stars_around = around;
  }
  return givens;
}

}  // namespace skyweft::workflows
