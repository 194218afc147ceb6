// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/injections.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "workflows/stages/detrend.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::int64_t kStars = 30, kFrames = 5, kApertures = 2;

/// Thirty stars, five measured frames and one that was set aside.
RunState some_state() {
  RunState state;
  for (std::int64_t i = 0; i < kStars; ++i) {
    state.stars.id.push_back(100 + i);
    state.stars.ra_deg.push_back(10.0 + 0.1 * static_cast<double>(i));
    state.stars.dec_deg.push_back(20.0);
    state.stars.mag.push_back(10.0F);
  }
  for (std::int64_t f = 0; f <= kFrames; ++f) {
    FrameRecord record;
    record.time_tdb_mid_jd = 2460000.0 + 0.01 * static_cast<double>(f);
    record.observer_bary_ls[0] = 490.0;
    record.observer_bary_ls[1] = 30.0 + static_cast<double>(f);
    record.observer_bary_ls[2] = -7.0;
    state.records.push_back(record);
    if (f != 2) state.measured.push_back(f);
  }
  return state;
}

RunConfig waves() {
  RunConfig config;
  config.inject.kind = "sinusoid";
  config.inject.share = 0.5;
  config.inject.min_amplitude_mag = 0.01;
  config.inject.max_amplitude_mag = 0.1;
  config.inject.min_period_d = 0.1;
  config.inject.max_period_d = 0.2;
  return config;
}

TEST(Injections, AreTheSameInTilesAndInFrames) {
  const RunState state = some_state();
  const lc::InjectionPlan plan = plan_injections(waves(), state);
  ASSERT_GT(plan.stars.size(), 5U);
  ASSERT_LT(plan.stars.size(), 25U);
  // Stars 8 to 27 as a tile, and the same as frames.
  const Tile tile{.first_row = 8, .first_star = 8, .n = 20};
  StarBlock raw = make_star_block(tile.n, kFrames, kApertures);
  FrameBlock frames = make_frame_block(kFrames + 1, tile.n, kApertures);
  for (std::int64_t s = 0; s < tile.n; ++s)
    for (std::int64_t p = 0; p < kFrames; ++p)
      for (std::int64_t a = 0; a < kApertures; ++a) {
        const auto flux = static_cast<float>(1000 + 100 * s + 10 * p + a);
        const auto at_star = static_cast<std::size_t>((s * kFrames + p) * kApertures + a);
        const std::int64_t i_light = state.measured[static_cast<std::size_t>(p)];
        const auto at_frame = static_cast<std::size_t>((i_light * tile.n + s) * kApertures + a);
        raw.points.flux_e[at_star] = frames.points.flux_e[at_frame] = flux;
        raw.points.flux_err_e[at_star] = frames.points.flux_err_e[at_frame] = 40.0F;
      }
  const StarBlock before = raw;
  inject_in_tile(plan, state, tile, raw);
  for (const std::int64_t i_light : state.measured)
    inject_in_frame(plan, state, i_light, tile.first_star, i_light, frames);
  for (std::int64_t s = 0; s < tile.n; ++s) {
    const lc::Injection* injection = plan.of_star(tile.first_star + s);
    const auto bjd = bjd_of_star(state, tile.first_star + s);
    for (std::int64_t p = 0; p < kFrames; ++p)
      for (std::int64_t a = 0; a < kApertures; ++a) {
        const auto at_star = static_cast<std::size_t>((s * kFrames + p) * kApertures + a);
        const std::int64_t i_light = state.measured[static_cast<std::size_t>(p)];
        const auto at_frame = static_cast<std::size_t>((i_light * tile.n + s) * kApertures + a);
        EXPECT_EQ(raw.points.flux_e[at_star], frames.points.flux_e[at_frame]);
        EXPECT_EQ(raw.points.flux_err_e[at_star], frames.points.flux_err_e[at_frame]);
        const double factor = injection == nullptr
                                  ? 1.0
                                  : std::pow(10.0, 0.4 * injection->amplitude_mag *
                                                       std::cos(2.0 * kPi *
                                                                (bjd[static_cast<std::size_t>(p)] -
                                                                 injection->signal.mid_bjd) /
                                                                injection->signal.period_d));
        EXPECT_FLOAT_EQ(raw.points.flux_e[at_star],
                        static_cast<float>(factor) * before.points.flux_e[at_star]);
      }
  }
}

TEST(Injections, InPixelsLeaveFluxesAlone) {
  const RunState state = some_state();
  RunConfig config = waves();
  config.inject.where = "pixels";
  try {
    (void)plan_injections(config, state);
    FAIL() << "accepted without the step";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_config);
    EXPECT_NE(error.text().find("run.steps"), std::string::npos) << error.text();
  }
  config.run.steps.insert(config.run.steps.end() - 1, "inject");
  const lc::InjectionPlan plan = plan_injections(config, state);
  EXPECT_FALSE(plan.stars.empty());
  StarBlock raw = make_star_block(kStars, kFrames, kApertures);
  std::ranges::fill(raw.points.flux_e, 500.0F);
  const StarBlock before = raw;
  inject_in_tile(plan, state, {.first_row = 0, .first_star = 0, .n = kStars}, raw);
  EXPECT_EQ(raw, before);
}

TEST(Injections, LeaveTargetsAlone) {
  RunConfig config = waves();
  config.inject.share = 1.0;
  config.targets["mine"] = {.ra_deg = 10.502, .dec_deg = 20.001};
  const RunState state = some_state();
  const lc::InjectionPlan plan = plan_injections(config, state);
  EXPECT_EQ(plan.stars.size(), static_cast<std::size_t>(kStars - 1));
  EXPECT_EQ(plan.of_star(5), nullptr);
}

TEST(Injections, AreKnownToTheFitsOnlyWhenAsked) {
  const RunState state = some_state();
  RunConfig config = waves();
  const lc::InjectionPlan unknown = plan_injections(config, state);
  const std::int64_t row = unknown.stars.front().row;
  EXPECT_TRUE(injected_columns(unknown, state, row).empty());
  config.inject.reconstruct = true;
  const lc::InjectionPlan plan = plan_injections(config, state);
  const auto columns = injected_columns(plan, state, row);
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[0].size(), static_cast<std::size_t>(kFrames));
  for (std::int64_t other = 0; other < kStars; ++other)
    EXPECT_EQ(injected_columns(plan, state, other).empty(), plan.of_star(other) == nullptr);
  config.inject.kind = "none";
  EXPECT_TRUE(plan_injections(config, state).stars.empty());
}

}  // namespace
}  // namespace skyweft::workflows
