// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "lc/magfit_correct.hpp"
#include "lc/magfit_frame.hpp"

namespace skyweft::lc {

MagfitModel magfit_model(const MagfitConfig& config) {
  MagfitModel model;
  for (const std::string& text : config.terms) model.levels.push_back(Terms::parse(text));
  if (config.split.empty()) return model;
  model.split = Terms::parse("{" + config.split + "}");
  if (model.split->n_term() != 1)
    throw Error{Errc::bad_config,
                fmt::format("magfit.split = \"{}\" is a list of {} expressions; give one, such as "
                            "floor(x/1024)",
                            config.split, model.split->n_term())};
  return model;
}

Reference reference_from_frame(const FrameSlice& frame, const MagfitConfig& config) {
  constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
  const std::size_t n = frame.mag.size();
  Reference out{std::vector<double>(n, kNotANumber), std::vector<double>(n, kNotANumber),
                std::vector<std::uint8_t>(n, 0)};
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_fit_point(frame, i, config)) continue;
    out.mag[i] = static_cast<double>(frame.mag[i]);
    out.err[i] = static_cast<double>(frame.mag_err[i]);
    out.used[i] = 1;
  }
  return out;
}

FrameFit fit_frame(const FrameSlice& frame, const NamedColumns& stars,
                   std::span<const double> star_mag, const Reference& reference,
                   const MagfitModel& model, const MagfitConfig& config) {
  return FrameFitter{frame.x_px, frame.y_px, stars, star_mag, model, config}.fit(frame, reference);
}

void correct_star(std::span<const FrameFit> fits, const MagfitModel& model, NamedColumns points,
                  double star_mag, std::span<const float> x_px, std::span<const float> y_px,
                  std::span<float> mag, std::span<QualityBits> quality) {
  FrameCorrections{std::vector<std::vector<FrameFit>>{{fits.begin(), fits.end()}}, model}
      .correct_star(std::move(points), star_mag, x_px, y_px, mag, quality);
}

}  // namespace skyweft::lc
