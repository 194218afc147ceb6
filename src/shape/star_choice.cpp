// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/star_choice.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <Eigen/Dense>

namespace skyweft::shape {
namespace {

struct Window {
  std::int64_t first_x = 0;
  std::int64_t first_y = 0;
};

/// The stars of a frame by the cell, one window wide, that their window begins in.
class WindowIndex {
 public:
  WindowIndex(const std::vector<Window>& window, const std::vector<std::uint16_t>& why,
              const PatchLayout& l, const Frame& frame)
      : window_(&window),
        wide_(static_cast<std::int64_t>(l.nx)),
        high_(static_cast<std::int64_t>(l.ny)),
        n_x_(frame.nx() / wide_ + 3),
        n_y_(frame.ny() / high_ + 3),
        begin_(static_cast<std::size_t>(n_x_ * n_y_ + 1), 0) {
    const auto inside = [&](std::size_t i) { return (why[i] & not_used::outside) == 0; };
    for (std::size_t i = 0; i < window.size(); ++i)
      if (inside(i)) ++begin_[cell(window[i]) + 1];
    for (std::size_t c = 1; c < begin_.size(); ++c) begin_[c] += begin_[c - 1];
    star_.resize(begin_.back());
    auto next = begin_;
    for (std::size_t i = 0; i < window.size(); ++i)
      if (inside(i)) star_[next[cell(window[i])]++] = i;
  }

  /// Appends the other stars whose windows meet that of star i, in ascending order.
  void meeting(std::size_t i, std::vector<std::size_t>& out) const {
    out.clear();
    const Window& w = (*window_)[i];
    const auto [cx, cy] = place(w);
    for (std::int64_t y = std::max<std::int64_t>(cy - 1, 0); y <= std::min(cy + 1, n_y_ - 1); ++y)
      for (std::int64_t x = std::max<std::int64_t>(cx - 1, 0); x <= std::min(cx + 1, n_x_ - 1);
           ++x) {
        const auto c = static_cast<std::size_t>(y * n_x_ + x);
        for (std::size_t k = begin_[c]; k < begin_[c + 1]; ++k) {
          const std::size_t j = star_[k];
          const Window& o = (*window_)[j];
          if (j != i && std::abs(o.first_x - w.first_x) < wide_ &&
              std::abs(o.first_y - w.first_y) < high_)
            out.push_back(j);
        }
      }
    std::ranges::sort(out);
  }

 private:
  std::pair<std::int64_t, std::int64_t> place(const Window& w) const {
    return {(w.first_x + wide_) / wide_, (w.first_y + high_) / high_};  // begins above −wide
  }
  std::size_t cell(const Window& w) const {
    const auto [x, y] = place(w);
    return static_cast<std::size_t>(y * n_x_ + x);
  }

  const std::vector<Window>* window_;
  std::int64_t wide_;
  std::int64_t high_;
  std::int64_t n_x_;
  std::int64_t n_y_;
  std::vector<std::size_t> begin_;  ///< [cell + 1]
  std::vector<std::size_t> star_;
};

/// What the pixels of a window say without a shape.
struct Glance {
  std::int64_t n_good = 0;
  std::int64_t n_saturated = 0;
  double excess_e = 0.0;
  double variance_e2 = 0.0;
};

Glance glance_at(const ShapeFrame& f, std::size_t star, const Window& w, const PatchLayout& l) {
  Glance out;
  const double background = static_cast<double>(f.background_e[star]);
  const std::int64_t x0 = std::max<std::int64_t>(w.first_x, 0);
  const std::int64_t x1 = std::min(w.first_x + static_cast<std::int64_t>(l.nx), f.frame->nx());
  const std::int64_t y0 = std::max<std::int64_t>(w.first_y, 0);
  const std::int64_t y1 = std::min(w.first_y + static_cast<std::int64_t>(l.ny), f.frame->ny());
  for (std::int64_t y = y0; y < y1; ++y) {
    const auto signal = f.frame->signal_e.row(y);
    const auto variance = f.frame->variance_e2.row(y);
    const auto bits = f.frame->mask.row(y);
    for (auto x = static_cast<std::size_t>(x0); x < static_cast<std::size_t>(x1); ++x) {
      if ((bits[x] & mask::saturated) != 0) ++out.n_saturated;
      const double v = static_cast<double>(variance[x]);
      const double s = static_cast<double>(signal[x]);
      if ((bits[x] & mask::unusable) != 0 || !(v > 0.0) || !std::isfinite(v) || !std::isfinite(s))
        continue;
      ++out.n_good;
      out.excess_e += s - background;
      out.variance_e2 += v;
    }
  }
  return out;
}

struct Candidate {
  double snr = 0.0;
  std::size_t frame = 0;
  std::size_t star = 0;
};

/// Windows and reasons of one frame's stars; appends those that could be used.
std::vector<Window> look(const ShapeFrame& f, std::size_t i_frame, const ShapeConfig& config,
                         const PatchLayout& l, const Eigen::MatrixXd& kappa,
                         std::vector<std::uint16_t>& why, std::vector<Candidate>& out) {
  std::vector<Window> windows(f.x_px.size());
  why.assign(f.x_px.size(), 0);
  const double far_x = static_cast<double>(f.frame->nx()) - config.x_grid_px.front();
  const double far_y = static_cast<double>(f.frame->ny()) - config.y_grid_px.front();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const double x = f.x_px[i];
    const double y = f.y_px[i];
    // Comparisons that a NaN fails; then the window begins inside and ends behind the first pixel.
    if (!(x > -0.5 - config.x_grid_px.back() && x < far_x - 0.5 &&
          y > -0.5 - config.y_grid_px.back() && y < far_y - 0.5)) {
      why[i] = not_used::outside;
      continue;
    }
    windows[i] = {first_pixel(x, config.x_grid_px.front()),
                  first_pixel(y, config.y_grid_px.front())};
    if (!std::isfinite(f.background_e[i]) || !(f.background_err_e[i] >= 0.0F) ||
        !std::isfinite(f.background_err_e[i]))
      why[i] |= not_used::background;
    if (!kappa.row(static_cast<Eigen::Index>(i)).allFinite()) why[i] |= not_used::variable;
    if (!f.use.empty() && f.use[i] == 0) why[i] |= not_used::unwanted;
    if ((why[i] & not_used::background) != 0) continue;
    const Glance g = glance_at(f, i, windows[i], l);
    if (g.n_saturated > config.max_saturated) why[i] |= not_used::saturated;
    if (g.n_good < config.min_pixels || g.n_good > config.max_pixels) why[i] |= not_used::pixels;
    const double snr = g.n_good > 0 ? g.excess_e / std::sqrt(g.variance_e2) : 0.0;
    if (!(snr >= config.min_snr)) why[i] |= not_used::faint;
    if (why[i] == 0) out.push_back({snr, i_frame, i});
  }
  return windows;
}

Overlap overlap_of(std::size_t a, std::size_t b, const Window& wa, const Window& wb,
                   const PatchLayout& l) {
  const auto shared = [](std::int64_t at_a, std::int64_t at_b, std::size_t n) {
    const auto shift = static_cast<std::size_t>(std::abs(at_a - at_b));
    return std::tuple{at_b > at_a ? shift : 0, at_a > at_b ? shift : 0, n - shift};
  };
  const auto [ax, bx, nx] = shared(wa.first_x, wb.first_x, l.nx);
  const auto [ay, by, ny] = shared(wa.first_y, wb.first_y, l.ny);
  return {a, b, ay * l.sx + ax, by * l.sx + bx, nx, ny};
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Adds the frame's used stars and those beside them to `out`, with what they share.
void gather_frame(const ShapeFrame& f, std::size_t i_frame, const std::vector<Window>& windows,
                  const std::vector<std::uint8_t>& used, const Eigen::MatrixXd& kappa,
                  const PatchLayout& l, StarChoice& out) {
  const std::vector<std::uint16_t>& why = out.report[i_frame].why;
  const WindowIndex index(windows, why, l, *f.frame);
  std::vector<std::uint8_t> present = used;
  std::vector<std::size_t> near;
  const auto modelled = [&](std::size_t i) {
    return (why[i] & (not_used::background | not_used::variable)) == 0;
  };
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) continue;
    index.meeting(i, near);
    for (const std::size_t j : near)
      if (modelled(j)) present[j] = 1;
  }
  std::vector<std::size_t> patch_of(used.size(), kNone);
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (present[i] == 0) continue;
    patch_of[i] = out.patch.size();
    const double err = static_cast<double>(f.background_err_e[i]);
    out.patch.push_back({.frame = i_frame,
                         .star = i,
                         .first_x = windows[i].first_x,
                         .first_y = windows[i].first_y,
                         .used = used[i] != 0,
                         .spoils = (why[i] & not_used::saturated) != 0,
                         .background_var_e2 = err * err});
    for (Eigen::Index k = 0; k < kappa.cols(); ++k)
      out.kappa.push_back(kappa(static_cast<Eigen::Index>(i), k));
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (present[i] == 0) continue;
    index.meeting(i, near);
    for (const std::size_t j : near) {
      if (present[j] != 0 && j < i) continue;
      const Overlap o = overlap_of(patch_of[i], patch_of[j], windows[i], windows[j], l);
      if (present[j] != 0)
        out.overlap.push_back(o);
      else
        out.shadow.push_back({o.a, o.at_a, o.nx, o.ny});
    }
  }
}

}  // namespace

StarChoice choose_stars(std::span<const ShapeFrame> frames, const ShapeConfig& config,
                        const Terms& terms, const PatchLayout& layout) {
  StarChoice out;
  out.report.resize(frames.size());
  std::vector<std::vector<Window>> windows(frames.size());
  std::vector<Eigen::MatrixXd> kappa(frames.size());
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto n_star = static_cast<std::int64_t>(frames[i].x_px.size());
    const NamedColumns none;
    kappa[i] = (frames[i].variables != nullptr ? *frames[i].variables : none).design(terms, n_star);
    windows[i] = look(frames[i], i, config, layout, kappa[i], out.report[i].why, candidates);
  }
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::tuple{-a.snr, a.frame, a.star} < std::tuple{-b.snr, b.frame, b.star};
  });
  std::vector<std::vector<std::uint8_t>> used(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) used[i].assign(windows[i].size(), 0);
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    const Candidate& c = candidates[k];
    if (config.max_stars > 0 && k >= static_cast<std::size_t>(config.max_stars))
      out.report[c.frame].why[c.star] |= not_used::surplus;
    else
      used[c.frame][c.star] = 1;
  }
  for (std::size_t i = 0; i < frames.size(); ++i)
    gather_frame(frames[i], i, windows[i], used[i], kappa[i], layout, out);
  return out;
}

}  // namespace skyweft::shape
