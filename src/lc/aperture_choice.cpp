// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/aperture_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/robust.hpp"

namespace skyweft::lc {

namespace {

std::vector<std::int32_t> choose_radii(std::span<const double> mag, std::span<const float> scatter,
                                       std::span<const double> radius_px) {
  const std::size_t n_ap = radius_px.size();
  std::vector<std::int32_t> out(mag.size(), 0);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < mag.size(); ++i) {
    const auto row = scatter.subspan(i * n_ap, n_ap);
    if (std::isfinite(mag[i]) && std::ranges::any_of(row, [](float s) { return std::isfinite(s); }))
      order.push_back(i);
  }
  if (order.empty() || n_ap < 2) return out;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return mag[i]; });

  const std::size_t n_bin = std::clamp<std::size_t>(order.size() / 10, 1, 20);
  std::vector<double> centre_mag(n_bin);
  std::vector<double> radius(n_bin);
  for (std::size_t b = 0; b < n_bin; ++b) {
    const std::size_t from = b * order.size() / n_bin;
    const std::size_t to = (b + 1) * order.size() / n_bin;
    centre_mag[b] = mag[order[(from + to) / 2]];
    double least = std::numeric_limits<double>::infinity();
    radius[b] = radius_px[0];
    for (std::size_t k = 0; k < n_ap; ++k) {
      std::vector<float> column;
      for (std::size_t i = from; i < to; ++i) column.push_back(scatter[order[i] * n_ap + k]);
      const double s = median_of_finite(std::span<const float>{column});
      if (s < least) {
        least = s;
        radius[b] = radius_px[k];
      }
    }
  }
  // Non-increasing by pooling adjacent violators: the monotone curve nearest to the bins' choices.
  std::vector<double> level;
  std::vector<std::size_t> count;
  for (const double r : radius) {
    level.push_back(r);
    count.push_back(1);
    while (level.size() > 1 && level[level.size() - 2] < level.back()) {
      const std::size_t a = count[count.size() - 2];
      const std::size_t b = count.back();
      const double mean = (level[level.size() - 2] * static_cast<double>(a) +
                           level.back() * static_cast<double>(b)) /
                          static_cast<double>(a + b);
      level.pop_back();
      count.pop_back();
      level.back() = mean;
      count.back() = a + b;
    }
  }
  radius.clear();
  for (std::size_t k = 0; k < level.size(); ++k) radius.insert(radius.end(), count[k], level[k]);

  for (std::size_t i = 0; i < mag.size(); ++i) {
    double r = radius[n_bin / 2];
    if (std::isfinite(mag[i])) {
      const auto above = static_cast<std::size_t>(std::ranges::upper_bound(centre_mag, mag[i]) -
                                                  centre_mag.begin());
      if (above == 0) {
        r = radius.front();
      } else if (above == n_bin) {
        r = radius.back();
      } else {
        const double t =
            (mag[i] - centre_mag[above - 1]) / (centre_mag[above] - centre_mag[above - 1]);
        r = std::lerp(radius[above - 1], radius[above], t);
      }
    }
    // The nearest radius; a star without scatter there (near an edge, say) takes the nearest it
    // has.
    const auto row = scatter.subspan(i * n_ap, n_ap);
    const bool has_any = std::ranges::any_of(row, [](float s) { return std::isfinite(s); });
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < n_ap; ++k) {
      const double away = std::abs(radius_px[k] - r);
      if ((has_any && !std::isfinite(row[k])) || away >= nearest) continue;
      nearest = away;
      out[i] = static_cast<std::int32_t>(k);
    }
  }
  return out;
}

/// Where the PSF fit (column `psf` of n_ap) takes over from the chosen apertures: fainter than this
/// magnitude it has, bin by bin of at least 10 stars, the smaller scatter altogether. Infinite:
/// never.
double psf_from_mag(std::span<const double> mag, std::span<const float> scatter, std::size_t n_ap,
                    std::size_t psf, const std::vector<std::int32_t>& chosen) {
  struct Rival {
    double mag;
    double log_ratio;  ///< of the PSF fit's scatter to the aperture's
  };
  std::vector<Rival> rivals;
  for (std::size_t i = 0; i < mag.size(); ++i) {
    const float a = scatter[i * n_ap + static_cast<std::size_t>(chosen[i])];
    const float b = scatter[i * n_ap + psf];
    if (std::isfinite(mag[i]) && a > 0.0F && b > 0.0F && std::isfinite(a) && std::isfinite(b))
      rivals.push_back({mag[i], std::log(static_cast<double>(b) / static_cast<double>(a))});
  }
  std::ranges::stable_sort(rivals, {}, &Rival::mag);
  const std::size_t n_bin = std::clamp<std::size_t>(rivals.size() / 10, 1, 20);
  double gain = 0.0, best = 0.0, from = std::numeric_limits<double>::infinity();
  for (std::size_t b = n_bin; b-- > 0 && !rivals.empty();) {
    const std::size_t first = b * rivals.size() / n_bin;
    const std::size_t end = (b + 1) * rivals.size() / n_bin;
    std::vector<double> ratios;
    for (std::size_t i = first; i < end; ++i) ratios.push_back(rivals[i].log_ratio);
    gain -= median_in_place(std::span<double>{ratios});
    if (gain <= best) continue;
    best = gain;
    from = b == 0 ? -std::numeric_limits<double>::infinity() : rivals[first].mag;
  }
  return from;
}

}  // namespace

std::vector<std::int32_t> choose_apertures(std::span<const double> mag,
                                           std::span<const float> scatter,
                                           std::span<const double> radius_px) {
  const std::size_t n_ap = radius_px.size();
  const auto psf = static_cast<std::size_t>(std::ranges::find(radius_px, 0.0) - radius_px.begin());
  if (psf == n_ap || n_ap < 2) return choose_radii(mag, scatter, radius_px);
  // The apertures among themselves, then the PSF fit against them.
  std::vector<double> radii;
  std::vector<float> without;
  for (std::size_t k = 0; k < n_ap; ++k)
    if (k != psf) radii.push_back(radius_px[k]);
  for (std::size_t i = 0; i < mag.size(); ++i)
    for (std::size_t k = 0; k < n_ap; ++k)
      if (k != psf) without.push_back(scatter[i * n_ap + k]);
  std::vector<std::int32_t> out = choose_radii(mag, without, radii);
  for (std::int32_t& k : out) k += k >= static_cast<std::int32_t>(psf) ? 1 : 0;
  const double from = psf_from_mag(mag, scatter, n_ap, psf, out);
  for (std::size_t i = 0; i < mag.size(); ++i) {
    const auto has = [&](std::size_t k) { return std::isfinite(scatter[i * n_ap + k]); };
    const bool only = has(psf) && !has(static_cast<std::size_t>(out[i]));
    if (only || (mag[i] >= from && has(psf))) out[i] = static_cast<std::int32_t>(psf);
  }
  return out;
}

}  // namespace skyweft::lc
