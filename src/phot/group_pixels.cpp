// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/group_pixels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace skyweft::phot {
namespace {

using shape::PixelWindow;

bool is_usable(float signal, float variance, MaskBits bits) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  return (bits & mask::unusable) == 0 && variance > 0.0F && variance <= kLargest &&
         std::abs(signal) <= kLargest;
}

PixelWindow common(const PixelWindow& a, const PixelWindow& b) {
  PixelWindow out;
  out.first_x = std::max(a.first_x, b.first_x);
  out.first_y = std::max(a.first_y, b.first_y);
  out.nx = std::max<std::int64_t>(std::min(a.first_x + a.nx, b.first_x + b.nx) - out.first_x, 0);
  out.ny = std::max<std::int64_t>(std::min(a.first_y + a.ny, b.first_y + b.ny) - out.first_y, 0);
  return out;
}

PixelWindow hull(std::span<const GroupMember> members) {
  PixelWindow out;
  for (const GroupMember& m : members) {
    const PixelWindow& w = m.fitted;
    if (w.size() <= 0) continue;
    if (out.size() == 0) {
      out = w;
      continue;
    }
    const std::int64_t end_x = std::max(out.first_x + out.nx, w.first_x + w.nx);
    const std::int64_t end_y = std::max(out.first_y + out.ny, w.first_y + w.ny);
    out.first_x = std::min(out.first_x, w.first_x);
    out.first_y = std::min(out.first_y, w.first_y);
    out.nx = end_x - out.first_x;
    out.ny = end_y - out.first_y;
  }
  return out;
}

double distance2(const GroupMember& m, std::int64_t ix, std::int64_t iy) {
  const double dx = static_cast<double>(ix) - m.x_px;
  const double dy = static_cast<double>(iy) - m.y_px;
  return dx * dx + dy * dy;
}

}  // namespace

bool PixelCollector::is_near(const GroupMember& member, std::int64_t ix, std::int64_t iy) const {
  return !(fit_radius_px_ > 0.0) || distance2(member, ix, iy) <= fit_radius_px_ * fit_radius_px_;
}

bool PixelCollector::is_whole(const GroupMember& member) const {
  const PixelWindow& w = member.window;
  if (w.first_x < 0 || w.first_y < 0 || w.first_x + w.nx > frame_.nx() ||
      w.first_y + w.ny > frame_.ny())
    return false;
  constexpr float kLargest = std::numeric_limits<float>::max();
  unsigned odd = 0;
  for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
    const auto first = static_cast<std::size_t>(w.first_x);
    const auto n = static_cast<std::size_t>(w.nx);
    const auto signal = frame_.signal_e.row(iy).subspan(first, n);
    const auto variance = frame_.variance_e2.row(iy).subspan(first, n);
    const auto bits = frame_.mask.row(iy).subspan(first, n);
    for (std::size_t i = 0; i < n; ++i)
      odd |= static_cast<unsigned>(bits[i]) | (variance[i] > 0.0F ? 0U : 1U) |
             (variance[i] <= kLargest ? 0U : 1U) | (std::abs(signal[i]) <= kLargest ? 0U : 1U);
  }
  return odd == 0;
}

void PixelCollector::collect_one(const GroupMember& member, GroupPixels& pixels,
                                 GroupColumns& columns) const {
  const PixelWindow& w = member.window;
  const auto n = static_cast<std::size_t>(w.size());
  pixels.owner.assign(n, 0);
  pixels.base.assign(n, member.background_e);
  pixels.data.resize(n);
  pixels.variance.resize(n);
  std::size_t p = 0;
  for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
    const auto first = static_cast<std::size_t>(w.first_x);
    const auto signal = frame_.signal_e.row(iy).subspan(first, static_cast<std::size_t>(w.nx));
    const auto variance = frame_.variance_e2.row(iy).subspan(first, signal.size());
    for (std::size_t i = 0; i < signal.size(); ++i, ++p) {
      pixels.data[p] = static_cast<double>(signal[i]) - member.background_e;
      pixels.variance[p] = static_cast<double>(variance[i]);
    }
  }
  columns.light.first.assign({0, n});
  columns.light.pixel.resize(n);
  std::iota(columns.light.pixel.begin(), columns.light.pixel.end(), 0);
  columns.light.value.assign(member.light.begin(), member.light.end());
  columns.own.assign(n, 1);
}

void PixelCollector::collect(std::span<const GroupMember> members, GroupPixels& pixels,
                             GroupColumns& columns) {
  // Most stars stand alone on good pixels.
  if (members.size() == 1 && !(fit_radius_px_ > 0.0) && members[0].fitted == members[0].window &&
      is_whole(members[0]))
    return collect_one(members[0], pixels, columns);
  const PixelWindow all = hull(members);
  index_.assign(static_cast<std::size_t>(all.size()), -1);
  const auto place = [&](std::int64_t ix, std::int64_t iy) {
    return static_cast<std::size_t>((iy - all.first_y) * all.nx + ix - all.first_x);
  };
  for (std::size_t m = 0; m < members.size(); ++m) {
    const PixelWindow& w = members[m].fitted;
    for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
      const auto signal = frame_.signal_e.row(iy);
      const auto variance = frame_.variance_e2.row(iy);
      const auto bits = frame_.mask.row(iy);
      for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix) {
        const auto i = static_cast<std::size_t>(ix);
        if (!is_usable(signal[i], variance[i], bits[i]) || !is_near(members[m], ix, iy)) continue;
        std::int32_t& owner = index_[place(ix, iy)];
        if (owner < 0 || distance2(members[m], ix, iy) <
                             distance2(members[static_cast<std::size_t>(owner)], ix, iy))
          owner = static_cast<std::int32_t>(m);
      }
    }
  }

  const auto n_pixel = static_cast<std::size_t>(
      std::ranges::count_if(index_, [](std::int32_t owner) { return owner >= 0; }));
  pixels.owner.resize(n_pixel);
  for (auto* column : {&pixels.base, &pixels.data, &pixels.variance}) column->resize(n_pixel);
  std::size_t next = 0;
  for (std::int64_t iy = all.first_y; iy < all.first_y + all.ny; ++iy) {
    const auto signal = frame_.signal_e.row(iy);
    const auto variance = frame_.variance_e2.row(iy);
    for (std::int64_t ix = all.first_x; ix < all.first_x + all.nx; ++ix) {
      std::int32_t& index = index_[place(ix, iy)];
      if (index < 0) continue;
      const auto i = static_cast<std::size_t>(ix);
      const double base = members[static_cast<std::size_t>(index)].background_e;
      pixels.base[next] = base;
      pixels.data[next] = static_cast<double>(signal[i]) - base;
      pixels.variance[next] = static_cast<double>(variance[i]);
      pixels.owner[next] = index;
      index = static_cast<std::int32_t>(next++);
    }
  }

  std::size_t most = 0;
  for (const GroupMember& m : members) most += m.light.size();
  ModelColumns& light = columns.light;
  light.first.assign(1, 0);
  light.pixel.resize(most);
  light.value.resize(most);
  columns.own.resize(most);
  next = 0;
  for (const GroupMember& m : members) {
    const PixelWindow w = common(m.window, all);
    for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
      const double* const row =
          m.light.data() + (iy - m.window.first_y) * m.window.nx + (w.first_x - m.window.first_x);
      const std::int32_t* const index = index_.data() + place(w.first_x, iy);
      const bool is_row_fitted = iy >= m.fitted.first_y && iy < m.fitted.first_y + m.fitted.ny;
      for (std::int64_t k = 0; k < w.nx; ++k) {
        if (index[k] < 0) continue;
        const std::int64_t ix = w.first_x + k;
        light.pixel[next] = index[k];
        light.value[next] = row[k];
        columns.own[next] = is_row_fitted && ix >= m.fitted.first_x &&
                            ix < m.fitted.first_x + m.fitted.nx && is_near(m, ix, iy);
        ++next;
      }
    }
    light.first.push_back(next);
  }
  light.pixel.resize(next);
  light.value.resize(next);
  columns.own.resize(next);
}

LightParts PixelCollector::parts_of(const GroupMember& member) const {
  const PixelWindow& w = member.window;
  double brightest = 0.0;
  for (const double v : member.light) brightest = std::max(brightest, v);
  LightParts out;
  if (is_whole(member)) {
    out.usable = brightest > 0.0 ? 1.0 : 0.0;
    return out;
  }
  double all = 0.0;
  for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
    const bool is_row_inside = iy >= 0 && iy < frame_.ny();
    for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix) {
      if (!is_near(member, ix, iy)) continue;
      const double light =
          member.light[static_cast<std::size_t>((iy - w.first_y) * w.nx + ix - w.first_x)];
      all += light;
      if (!is_row_inside || ix < 0 || ix >= frame_.nx()) {
        out.outside += light;
        continue;
      }
      const MaskBits bits = frame_.mask(ix, iy);
      const bool usable = is_usable(frame_.signal_e(ix, iy), frame_.variance_e2(ix, iy), bits);
      if (usable) out.usable += light;
      if (usable && bits == 0) continue;
      const auto broken = static_cast<MaskBits>(bits & mask::unusable & ~mask::saturated);
      if (broken == mask::cosmic)
        out.cosmic += light;
      else if (broken != 0 || (!usable && (bits & mask::unusable) == 0))
        out.bad += light;
      if ((bits & mask::oversaturated) != 0) {
        out.saturated += light;
        out.is_core_saturated = out.is_core_saturated || light >= 0.5 * brightest;
      }
      if ((bits & mask::leaked) != 0) out.leaked += light;
      if ((bits & mask::interpolated) != 0) out.interpolated += light;
    }
  }
  if (!(all > 0.0)) return {};
  for (double* part : {&out.usable, &out.outside, &out.bad, &out.cosmic, &out.saturated,
                       &out.leaked, &out.interpolated})
    *part /= all;
  return out;
}

}  // namespace skyweft::phot
