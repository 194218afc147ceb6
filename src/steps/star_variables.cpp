// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "steps/star_variables.hpp"

#include <algorithm>

#include "core/terms.hpp"
#include "lc/variables.hpp"

namespace skyweft::steps {
namespace {

/// −1 … 1 over the pixels of an axis.
std::vector<double> scaled(const std::vector<double>& px, std::int64_t n) {
  const double half = 0.5 * static_cast<double>(n);
  std::vector<double> out(px.size());
  std::ranges::transform(px, out.begin(), [half](double p) { return (p + 0.5 - half) / half; });
  return out;
}

}  // namespace

StarVariables::StarVariables(const FrameWork& work, const StarCatalog& stars,
                             const std::string& terms)
    : u_(scaled(work.x_px, work.frame.nx())),
      v_(scaled(work.y_px, work.frame.ny())),
      mag_(stars.mag.begin(), stars.mag.end()) {
  colour_ = lc::filled_colours(std::vector<double>(stars.colour.begin(), stars.colour.end()));
  columns_.add("x", work.x_px);
  columns_.add("y", work.y_px);
  columns_.add("u", u_);
  columns_.add("v", v_);
  columns_.add("mag", mag_);
  columns_.add("colour", colour_);
  columns_.add_scalar("fwhm", work.record.fwhm_px);
  columns_.add_scalar("airmass", work.record.airmass);
  columns_.add_scalar("hour_angle", work.record.hour_angle_deg);
  columns_.add_scalar("exposure", work.info.exposure_s);
  const Terms parsed = Terms::parse(terms);
  further_.reserve(parsed.names().size());
  for (const std::string& name : parsed.names()) {
    if (columns_.has(name)) continue;
    const auto column = std::ranges::find(stars.extra, name, &NamedColumn::name);
    if (column != stars.extra.end()) {
      further_.emplace_back(column->value.begin(), column->value.end());
      columns_.add(name, further_.back());
      continue;
    }
    std::string key = name;
    std::ranges::replace(key, '_', '-');
    const auto& header = work.raw.header;
    if (const auto value = header.number(name))
      columns_.add_scalar(name, *value);
    else if (const auto dashed = header.number(key))
      columns_.add_scalar(name, *dashed);
  }
}

}  // namespace skyweft::steps
