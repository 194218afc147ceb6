// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "calib/cosmic_rays.hpp"

namespace skyweft::support {

/// L.A.Cosmic as the paper tells it, for comparison with calib::mark_cosmic_rays(): a subsampled
/// image that exists, medians by sorting, every round over the whole frame.
class SlowCosmics {
 public:
  SlowCosmics(Frame& frame, const SourceList& stars, double fwhm_px,
              const calib::CosmicConfig& config)
      : nx_(frame.nx()), ny_(frame.ny()), image_(frame.signal_e), variance_(frame.variance_e2) {
    Grid<char> bad(nx_, ny_, 0), kept(nx_, ny_, 0);
    for_all([&](std::int64_t x, std::int64_t y) {
      const MaskBits bits = frame.mask(x, y);
      bad(x, y) = (bits & mask::unusable & ~mask::saturated) != 0 || !std::isfinite(image_(x, y)) ||
                  !std::isfinite(variance_(x, y)) || variance_(x, y) <= 0;
      for_all([&](std::int64_t u, std::int64_t v) {
        if (std::max(std::abs(u - x), std::abs(v - y)) <= 2 && (bits & mask::saturated) != 0)
          kept(u, v) = 1;
      });
      for (std::size_t i = 0; i < stars.x_px.size(); ++i)
        if (!(static_cast<double>(stars.fwhm_px[i]) < 0.7 * fwhm_px) &&
            std::hypot(static_cast<double>(x) - stars.x_px[i],
                       static_cast<double>(y) - stars.y_px[i]) <=
                config.cosmic_protect_fwhm * fwhm_px)
          kept(x, y) = 1;
    });
    fill(bad, bad);
    for (int round = 0; round < config.cosmic_rounds; ++round) {
      const auto sigma = static_cast<float>(config.cosmic_sigma);
      const Grid<float> noise2 = median(variance_, 2), lap = laplacian(), med3 = median(image_, 1);
      Grid<float> s(nx_, ny_);
      for_all([&](auto x, auto y) { s(x, y) = lap(x, y) / (2.0F * std::sqrt(noise2(x, y))); });
      const Grid<float> med5 = median(s, 2), med7 = median(med3, 3);
      for_all([&](auto x, auto y) { s(x, y) -= med5(x, y); });
      Grid<char> hit(nx_, ny_, 0);
      for_all([&](auto x, auto y) {
        const float fine = std::max(med3(x, y) - med7(x, y), 0.01F * std::sqrt(noise2(x, y)));
        hit(x, y) = !bad(x, y) && !kept(x, y) && s(x, y) > sigma &&
                    lap(x, y) > static_cast<float>(config.cosmic_contrast) * fine;
      });
      for (const float limit :
           {sigma, static_cast<float>(config.cosmic_fraction * config.cosmic_sigma)}) {
        const Grid<char> before = hit;
        for_all([&](auto x, auto y) {
          bool beside = false;
          for (std::int64_t dy = -1; dy <= 1; ++dy)
            for (std::int64_t dx = -1; dx <= 1; ++dx)
              beside |= before.contains(x + dx, y + dy) && before(x + dx, y + dy);
          hit(x, y) = beside && !bad(x, y) && !kept(x, y) && s(x, y) > limit;
        });
      }
      bool any = false;
      for_all([&](auto x, auto y) {
        if (!hit(x, y)) return;
        any = true;
        bad(x, y) = 1;
        frame.mask(x, y) = static_cast<MaskBits>(frame.mask(x, y) | mask::cosmic);
      });
      if (!any) break;
      fill(hit, bad);
    }
  }

 private:
  template <class Use>
  void for_all(Use use) const {
    for (std::int64_t y = 0; y < ny_; ++y)
      for (std::int64_t x = 0; x < nx_; ++x) use(x, y);
  }

  static float middle(std::vector<float> v) {
    std::sort(v.begin(), v.end());
    const std::size_t n = v.size();
    return n % 2 == 1 ? v[n / 2] : 0.5F * (v[n / 2 - 1] + v[n / 2]);
  }

  Grid<float> median(const Grid<float>& in, std::int64_t reach) const {
    Grid<float> out(nx_, ny_);
    for_all([&](std::int64_t x, std::int64_t y) {
      std::vector<float> v;
      for (std::int64_t dy = -reach; dy <= reach; ++dy)
        for (std::int64_t dx = -reach; dx <= reach; ++dx)
          v.push_back(in(std::clamp<std::int64_t>(x + dx, 0, nx_ - 1),
                         std::clamp<std::int64_t>(y + dy, 0, ny_ - 1)));
      out(x, y) = middle(std::move(v));
    });
    return out;
  }

  /// Every pixel becomes 2×2, is convolved with ¼ [0 −1 0; −1 4 −1; 0 −1 0] and clipped; the four
  /// are added up again.
  Grid<float> laplacian() const {
    Grid<float> fine(2 * nx_, 2 * ny_);
    for (std::int64_t y = 0; y < 2 * ny_; ++y)
      for (std::int64_t x = 0; x < 2 * nx_; ++x) fine(x, y) = image_(x / 2, y / 2);
    const auto value = [&](std::int64_t x, std::int64_t y) {
      return fine(std::clamp<std::int64_t>(x, 0, 2 * nx_ - 1),
                  std::clamp<std::int64_t>(y, 0, 2 * ny_ - 1));
    };
    Grid<float> out(nx_, ny_, 0.0F);
    for (std::int64_t y = 0; y < 2 * ny_; ++y)
      for (std::int64_t x = 0; x < 2 * nx_; ++x)
        out(x / 2, y / 2) +=
            std::max(0.0F, 0.25F * (4.0F * value(x, y) - value(x - 1, y) - value(x + 1, y) -
                                    value(x, y - 1) - value(x, y + 1)));
    return out;
  }

  void fill(const Grid<char>& these, const Grid<char>& bad) {
    const Grid<float> image = image_, variance = variance_;
    for_all([&](std::int64_t x, std::int64_t y) {
      if (!these(x, y)) return;
      std::vector<float> a, b;
      for (const std::int64_t reach : {2, 4}) {
        for (std::int64_t v = y - reach; v <= y + reach; ++v)
          for (std::int64_t u = x - reach; u <= x + reach; ++u)
            if (bad.contains(u, v) && !bad(u, v)) {
              a.push_back(image(u, v));
              b.push_back(variance(u, v));
            }
        if (!a.empty()) break;
      }
      image_(x, y) = a.empty() ? -1e4F : middle(a);  // must not matter
      variance_(x, y) = a.empty() ? 7.0F : middle(b);
    });
  }

  std::int64_t nx_, ny_;
  Grid<float> image_, variance_;
};

}  // namespace skyweft::support
