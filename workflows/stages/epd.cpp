// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "lc/epd.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "io/digest.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/fit_variables.hpp"
#include "workflows/stages/shape_variables.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

void decorrelate(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::magfit) +
                                                stage_settings(run.config, Stage::epd));
  state.stage_digest[Stage::epd] = digest;
  if (stage_is_done(run, state, "epd", digest)) return;
  const KnownEvents events{run, state};
  const FitVariables variables{state};
  const Terms terms = Terms::parse(run.config.epd.terms);
  const ShapeVariables shapes{state};
  const bool with_shape = std::ranges::any_of(ShapeVariables::kNames, [&](const char* name) {
    return std::ranges::find(terms.names(), name) != terms.names().end();
  });
  correct_all_shards(
      run, state, "magfit", "epd", digest,
      [&](std::int64_t row, std::int64_t, std::span<float> mag, std::span<QualityBits> quality,
          const StarBlock& raw, std::int64_t i_star) {
        lc::NamedColumns points = variables.for_star(row);
        const auto doubles = [&](const std::vector<float>& column) {
          const auto part = star_row(column, i_star, raw.n_frame);
          return std::vector<double>(part.begin(), part.end());
        };
        const auto x = doubles(raw.points.x_px);
        const auto y = doubles(raw.points.y_px);
        const auto bg = doubles(raw.points.bg_e);
        points.add("x", x);
        points.add("y", y);
        points.add("bg", bg);
        std::array<std::vector<double>, 3> sdk;
        if (with_shape) sdk = shapes.along(x, y);
        for (std::size_t k = 0; k < sdk.size(); ++k) points.add(ShapeVariables::kNames[k], sdk[k]);
        lc::detrend_external(mag, quality, points, terms, events.of_star(row), run.config.epd);
      });
  // Slow external parameters and a slow signal look alike until several nights have been seen.
  constexpr double kTwoNightsDays = 1.5;
  const double span_d =
      state.records[static_cast<std::size_t>(state.measured.back())].time_utc_mid_jd -
      state.records[static_cast<std::size_t>(state.measured.front())].time_utc_mid_jd;
  if (span_d < kTwoNightsDays)
    run.warn(
        "epd: one night cannot tell slow trends from slow signals: mag_epd and mag_tfa lose most "
        "of an "
        "event that no [target.NAME] declares; mag_magfit keeps it");
  run.say(fmt::format("epd: {} terms per star", terms.n_term()));
}

}  // namespace skyweft::workflows
