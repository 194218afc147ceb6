// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/parametric_stars.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace skyweft::shape {
namespace {

constexpr double kMostBrighter = 10.0;
constexpr double kSamePlace_px = 0.5;

PixelWindow window_around(double x, double y, double reach, const Frame& frame) {
  const auto low = [](double v) { return std::max<std::int64_t>(0, std::llround(std::ceil(v))); };
  const auto high = [](double v, std::int64_t n) {
    return std::min<std::int64_t>(n - 1, std::llround(std::floor(v)));
  };
  PixelWindow w{.first_x = low(x - reach), .first_y = low(y - reach)};
  w.nx = std::max<std::int64_t>(0, high(x + reach, frame.nx()) - w.first_x + 1);
  w.ny = std::max<std::int64_t>(0, high(y + reach, frame.ny()) - w.first_y + 1);
  return w;
}

bool is_good(const Frame& frame, std::int64_t ix, std::int64_t iy) {
  return (frame.mask(ix, iy) & mask::unusable) == 0 && frame.variance_e2(ix, iy) > 0.0f &&
         std::isfinite(frame.variance_e2(ix, iy)) && std::isfinite(frame.signal_e(ix, iy));
}

/// Is the core whole, and the star bright enough?
bool may_shape(const StarInput& in, const ParametricConfig& config, std::size_t i,
               const PixelWindow& w) {
  const Frame& frame = *in.frame;
  const double core = 0.5 * config.start_fwhm_px + 0.5;
  const double flux = in.flux_e[i];
  if (in.x_px[i] - core < -0.5 || in.y_px[i] - core < -0.5 ||
      in.x_px[i] + core > static_cast<double>(frame.nx()) - 0.5 ||
      in.y_px[i] + core > static_cast<double>(frame.ny()) - 0.5)
    return false;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
    for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix) {
      if (is_good(frame, ix, iy)) {
        least = std::min(least, static_cast<double>(frame.variance_e2(ix, iy)));
      } else if (std::hypot(static_cast<double>(ix) - in.x_px[i],
                            static_cast<double>(iy) - in.y_px[i]) <= core) {
        return false;
      }
    }
  }
  // A Gaussian collects the sky noise of 4πσ² = 2.27 FWHM² pixels (King 1983).
  const double noise_area_px = std::max(1.0, 2.27 * config.start_fwhm_px * config.start_fwhm_px);
  return flux > 0.0 && flux >= config.min_snr * std::sqrt(flux + least * noise_area_px);
}

/// Index of cells that makes "who is near" cheap.
class Cells {
 public:
  Cells(std::span<const double> x, std::span<const double> y, double size) : size_(size) {
    for (std::size_t i = 0; i < x.size(); ++i)
      if (std::abs(x[i]) <= 1e9 && std::abs(y[i]) <= 1e9) cells_[key(x[i], y[i])].push_back(i);
  }
  template <class F>
  void near(double x, double y, F&& visit) const {
    const auto [cy, cx] = key(x, y);
    for (std::int64_t j = cy - 1; j <= cy + 1; ++j)
      for (std::int64_t i = cx - 1; i <= cx + 1; ++i)
        if (const auto it = cells_.find({j, i}); it != cells_.end())
          for (const std::size_t k : it->second) visit(k);
  }

 private:
  std::pair<std::int64_t, std::int64_t> key(double x, double y) const {
    return {std::llround(std::floor(y / size_)), std::llround(std::floor(x / size_))};
  }
  double size_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> cells_;
};

void gather_pixels(const StarInput& in, ModelledStars& out, const std::vector<std::uint8_t>& used) {
  const Frame& frame = *in.frame;
  std::vector<std::vector<std::size_t>> others(out.member.size());
  for (const auto& [a, b] : out.overlap) {
    others[a].push_back(b);
    others[b].push_back(a);
  }
  for (std::size_t m = 0; m < out.member.size(); ++m) {
    ModelledStar& star = out.member[m];
    const PixelWindow& w = star.window;
    star.data.assign(static_cast<std::size_t>(w.size()), 0.0);
    star.weight = star.data;
    star.own.assign(star.data.size(), 0);
    std::size_t p = 0;
    for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
      for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix, ++p) {
        if (used[static_cast<std::size_t>(iy * frame.nx() + ix)] == 0) continue;
        double sky = 0.0;
        double n = 0.0;
        bool first = true;
        const auto add = [&](std::size_t k) {
          const PixelWindow& v = out.member[k].window;
          if (ix < v.first_x || ix >= v.first_x + v.nx || iy < v.first_y || iy >= v.first_y + v.ny)
            return;
          sky += in.background_e[static_cast<std::size_t>(out.member[k].star)];
          n += 1.0;
          first = first && k >= m;
        };
        // In the order of the list, so that every star of the pixel gets the same sum.
        bool done = false;
        for (const std::size_t k : others[m]) {
          if (!done && k > m) {
            add(m);
            done = true;
          }
          add(k);
        }
        if (!done) add(m);
        const double sigma = std::sqrt(static_cast<double>(frame.variance_e2(ix, iy)));
        star.weight[p] = 1.0 / sigma;
        star.data[p] = (static_cast<double>(frame.signal_e(ix, iy)) - sky / n) / sigma;
        star.own[p] = first ? 1 : 0;
        out.n_pixel += first;
      }
    }
  }
}

}  // namespace

PixelWindow shared_window(const PixelWindow& a, const PixelWindow& b) {
  PixelWindow w{.first_x = std::max(a.first_x, b.first_x),
                .first_y = std::max(a.first_y, b.first_y)};
  w.nx = std::max<std::int64_t>(0, std::min(a.first_x + a.nx, b.first_x + b.nx) - w.first_x);
  w.ny = std::max<std::int64_t>(0, std::min(a.first_y + a.ny, b.first_y + b.ny) - w.first_y);
  return w;
}

ModelledStars gather_stars(const StarInput& in, const ParametricConfig& config, double reach_px,
                           const Rejected& rejected) {
  const std::size_t n = in.x_px.size();
  const Cells cells(in.x_px, in.y_px, 2.0 * reach_px + 2.0);
  std::vector<PixelWindow> window(n);
  std::vector<std::uint8_t> gone(n, 1);
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(in.x_px[i] + in.y_px[i] + in.background_e[i])) continue;
    if (std::abs(in.x_px[i]) > 1e9 || std::abs(in.y_px[i]) > 1e9) continue;
    window[i] = window_around(in.x_px[i], in.y_px[i], reach_px, *in.frame);
    gone[i] = window[i].size() == 0;
  }
  const auto brighter = [&](std::size_t a, std::size_t b) {  // a before b
    const double fa = std::isfinite(in.flux_e[a]) ? in.flux_e[a] : 0.0;
    const double fb = std::isfinite(in.flux_e[b]) ? in.flux_e[b] : 0.0;
    return fa != fb ? fa > fb : a < b;
  };
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < n; ++i) {
    if (gone[i] != 0) continue;
    bool alone = true;
    cells.near(in.x_px[i], in.y_px[i], [&](std::size_t k) {
      if (k == i || window[k].size() == 0) return;
      const double far = std::hypot(in.x_px[k] - in.x_px[i], in.y_px[k] - in.y_px[i]);
      if (far < kSamePlace_px && brighter(k, i)) gone[i] = 1;
      if (in.flux_e[k] > kMostBrighter * in.flux_e[i] &&
          shared_window(window[k], window[i]).size() > 0)
        alone = false;
    });
    if (gone[i] == 0 && alone && rejected.star[i] == 0 &&
        (in.may_shape.empty() || in.may_shape[i] != 0) && may_shape(in, config, i, window[i]))
      chosen.push_back(i);
  }
  std::ranges::sort(chosen, brighter);
  if (config.max_stars > 0 && chosen.size() > static_cast<std::size_t>(config.max_stars))
    chosen.resize(static_cast<std::size_t>(config.max_stars));

  std::vector<std::uint8_t> role(n, 0);  // 2: shapes, 1: a neighbour
  std::vector<std::uint8_t> used(static_cast<std::size_t>(in.frame->signal_e.size()), 0);
  for (const std::size_t i : chosen) role[i] = 2;
  for (const std::size_t i : chosen) {
    const PixelWindow& w = window[i];
    for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy)
      for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix)
        used[static_cast<std::size_t>(iy * in.frame->nx() + ix)] = is_good(*in.frame, ix, iy);
    cells.near(in.x_px[i], in.y_px[i], [&](std::size_t k) {
      if (gone[k] == 0 && role[k] == 0 && shared_window(window[k], w).size() > 0) role[k] = 1;
    });
  }
  for (const std::int64_t p : rejected.pixels) used[static_cast<std::size_t>(p)] = 0;

  ModelledStars out;
  std::vector<std::size_t> place(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    if (role[i] == 0) continue;
    place[i] = out.member.size();
    out.member.push_back({.star = static_cast<std::int64_t>(i),
                          .x_px = in.x_px[i],
                          .y_px = in.y_px[i],
                          .shapes = role[i] == 2,
                          .window = window[i],
                          .data = {},
                          .weight = {},
                          .own = {}});
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (role[i] == 0) continue;
    std::vector<std::size_t> after;
    cells.near(in.x_px[i], in.y_px[i], [&](std::size_t k) {
      if (k > i && role[k] != 0 && shared_window(window[k], window[i]).size() > 0)
        after.push_back(place[k]);
    });
    std::ranges::sort(after);
    for (const std::size_t k : after) out.overlap.emplace_back(place[i], k);
  }
  gather_pixels(in, out, used);
  return out;
}

}  // namespace skyweft::shape
