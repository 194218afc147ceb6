// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/cosmic_rays.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "calib/window_medians.hpp"
#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::calib {
namespace {

using Pixels = PixelIndices;

constexpr double kSharpestStar = 0.7;
constexpr std::int64_t kSaturationReach = 2;
constexpr float kFineStructureFloor = 0.01F;

constexpr std::uint8_t kUnusable = 1;   ///< replaced in the copies
constexpr std::uint8_t kProtected = 2;  ///< never marked
constexpr std::uint8_t kHasS = 4;
constexpr std::uint8_t kHasMed3 = 8;
constexpr std::uint8_t kListed = 16;

/// L⁺: each of the four subpixels sees two of its own pixel and one neighbour of each axis, so that
/// its ¼-Laplacian is ½ [I − ½ (horizontal + vertical neighbour)].
inline float clipped_laplacian(float centre, float left, float right, float down, float up) {
  const auto corner = [centre](float h, float v) {
    const float c = centre - 0.5F * (h + v);
    return c > 0.0F ? c : 0.0F;
  };
  return 0.5F *
         ((corner(left, down) + corner(right, down)) + (corner(left, up) + corner(right, up)));
}

void keep_where(Pixels& at, const auto& is_kept) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < at.size(); ++i)
    if (is_kept(i)) at[n++] = at[i];
  at.resize(n);
}

/// The working copies, and S and med₃ where they have been asked for.
class Search {
 public:
  Search(Frame& frame, const SourceList& stars, double fwhm_px, const CosmicConfig& config);
  CosmicCount run();

 private:
  template <class Use>
  void for_window(std::int64_t p, std::int64_t reach, Use use) const {
    const std::int64_t x = p % nx_;
    const std::int64_t y = p / nx_;
    for (std::int64_t iy = std::max<std::int64_t>(y - reach, 0);
         iy <= std::min(y + reach, image_.ny() - 1); ++iy)
      for (std::int64_t ix = std::max<std::int64_t>(x - reach, 0);
           ix <= std::min(x + reach, nx_ - 1); ++ix)
        use(iy * nx_ + ix);
  }
  std::uint8_t& state(std::int64_t p) { return state_[static_cast<std::size_t>(p)]; }
  float& at(Grid<float>& plane, std::int64_t p) {
    return plane.pixels()[static_cast<std::size_t>(p)];
  }
  void add_state(std::int64_t p, std::uint8_t bit) {
    state(p) = static_cast<std::uint8_t>(state(p) | bit);
  }
  void drop_state(std::int64_t p, std::uint8_t bit) {
    state(p) = static_cast<std::uint8_t>(state(p) & ~bit);
  }
  bool may_be_marked(std::int64_t p) { return (state(p) & (kUnusable | kProtected)) == 0; }

  float laplacian_at(std::int64_t p) const;
  void protect(const SourceList& stars, double fwhm_px, double radius_fwhm);
  void fill(const Pixels& pixels);
  Pixels markable_within(const Pixels& centres, std::int64_t reach);
  Pixels first_candidates();
  std::vector<float> significance(const Pixels& pixels);
  std::vector<float> fine_structure(const Pixels& pixels);
  Pixels hits_among(Pixels candidates);
  Pixels grown(const Pixels& hits);
  void mark(const Pixels& pixels);

  Frame& frame_;
  std::int64_t nx_;
  int rounds_;
  float sigma_, sigma_beside_, contrast_;
  Grid<float> image_, variance_, s_, med3_;
  std::vector<std::uint8_t> state_;
};

Search::Search(Frame& frame, const SourceList& stars, double fwhm_px, const CosmicConfig& config)
    : frame_(frame),
      nx_(frame.nx()),
      rounds_(config.cosmic_rounds),
      sigma_(static_cast<float>(config.cosmic_sigma)),
      sigma_beside_(static_cast<float>(config.cosmic_fraction * config.cosmic_sigma)),
      contrast_(static_cast<float>(config.cosmic_contrast)),
      image_(frame.signal_e),
      variance_(frame.variance_e2),
      s_(frame.nx(), frame.ny()),
      med3_(frame.nx(), frame.ny()),
      state_(static_cast<std::size_t>(frame.signal_e.size())) {
  constexpr auto kReplaced = static_cast<MaskBits>(mask::unusable & ~mask::saturated);
  Pixels unusable;
  Pixels saturated;
  for (std::int64_t p = 0; p < image_.size(); ++p) {
    const MaskBits bits = frame_.mask.pixels()[static_cast<std::size_t>(p)];
    const float variance = at(variance_, p);
    if ((bits & kReplaced) != 0 || !std::isfinite(at(image_, p)) || !std::isfinite(variance) ||
        !(variance > 0.0F)) {
      add_state(p, kUnusable);
      unusable.push_back(p);
    }
    if ((bits & mask::saturated) != 0) saturated.push_back(p);
  }
  for (const std::int64_t p : saturated)
    for_window(p, kSaturationReach, [&](std::int64_t q) { add_state(q, kProtected); });
  protect(stars, fwhm_px, config.cosmic_protect_fwhm);
  fill(unusable);
}

void Search::protect(const SourceList& stars, double fwhm_px, double radius_fwhm) {
  const double radius = radius_fwhm * fwhm_px;
  if (!(radius > 0.0)) return;
  const auto last_x = static_cast<double>(nx_ - 1);
  const auto last_y = static_cast<double>(image_.ny() - 1);
  for (std::size_t i = 0; i < stars.x_px.size(); ++i) {
    const double x = stars.x_px[i];
    const double y = stars.y_px[i];
    if (!(x >= -radius && y >= -radius && x <= last_x + radius && y <= last_y + radius)) continue;
    if (i < stars.fwhm_px.size() && static_cast<double>(stars.fwhm_px[i]) < kSharpestStar * fwhm_px)
      continue;
    const auto low = [&](double c) {
      return static_cast<std::int64_t>(std::ceil(std::max(c - radius, 0.0)));
    };
    const auto high = [&](double c, double last) {
      return static_cast<std::int64_t>(std::floor(std::min(c + radius, last)));
    };
    for (std::int64_t iy = low(y); iy <= high(y, last_y); ++iy)
      for (std::int64_t ix = low(x); ix <= high(x, last_x); ++ix) {
        const double dx = static_cast<double>(ix) - x;
        const double dy = static_cast<double>(iy) - y;
        if (dx * dx + dy * dy <= radius * radius) add_state(iy * nx_ + ix, kProtected);
      }
  }
}

/// Replaces pixels by medians of the usable ones around them. Every decision about a usable pixel
/// reads the copies within 4 px of it, so what is further from all usable pixels does not matter.
void Search::fill(const Pixels& pixels) {
  std::vector<float> image;
  std::vector<float> variance;
  for (const std::int64_t p : pixels) {
    image.clear();
    variance.clear();
    for (const std::int64_t reach : {2, 4}) {
      for_window(p, reach, [&](std::int64_t q) {
        if ((state(q) & kUnusable) != 0) return;
        image.push_back(at(image_, q));
        variance.push_back(at(variance_, q));
      });
      if (!image.empty()) break;
    }
    at(image_, p) = image.empty() ? 0.0F : median_in_place(std::span<float>{image});
    at(variance_, p) = image.empty() ? 1.0F : median_in_place(std::span<float>{variance});
  }
}

float Search::laplacian_at(std::int64_t p) const {
  const std::int64_t x = p % nx_;
  const std::int64_t y = p / nx_;
  return clipped_laplacian(image_(x, y), image_(std::max<std::int64_t>(x - 1, 0), y),
                           image_(std::min(x + 1, nx_ - 1), y),
                           image_(x, std::max<std::int64_t>(y - 1, 0)),
                           image_(x, std::min(y + 1, image_.ny() - 1)));
}

/// Pixels that may be marked, up to `reach` from a centre in x and in y; each once.
Pixels Search::markable_within(const Pixels& centres, std::int64_t reach) {
  Pixels out;
  for (const std::int64_t p : centres)
    for_window(p, reach, [&](std::int64_t q) {
      if ((state(q) & (kUnusable | kProtected | kListed)) != 0) return;
      add_state(q, kListed);
      out.push_back(q);
    });
  for (const std::int64_t p : out) drop_state(p, kListed);
  return out;
}

/// Pixels with L⁺ > 2 sigma √min₅(V): as med₅(V) >= min₅(V) and S >= S', no hit is missing.
Pixels Search::first_candidates() {
  const std::int64_t ny = image_.ny();
  const auto n = static_cast<std::size_t>(nx_);
  const float limit = 4.0F * sigma_ * sigma_ * 0.9999F;  // room for rounding
  std::vector<float> column(n + 4);                      // two repeated at each end
  std::vector<std::uint8_t> hit(column.size());
  Pixels out;
  for (std::int64_t iy = 0; iy < ny; ++iy) {
    const auto row = [&](const Grid<float>& plane, std::int64_t dy) {
      return plane.row(std::clamp<std::int64_t>(iy + dy, 0, ny - 1)).data();
    };
    const float* v[5] = {row(variance_, -2), row(variance_, -1), row(variance_, 0),
                         row(variance_, 1), row(variance_, 2)};
    for (std::size_t i = 0; i < n; ++i)
      column[i + 2] =
          std::min(std::min(std::min(v[0][i], v[1][i]), std::min(v[2][i], v[3][i])), v[4][i]);
    column[0] = column[1] = column[2];
    column[n + 2] = column[n + 3] = column[n + 1];
    const auto is_candidate = [&](std::size_t i, float lap) {
      const float* c = column.data() + i;
      const float least = std::min(std::min(std::min(c[0], c[1]), std::min(c[2], c[3])), c[4]);
      return static_cast<std::uint8_t>(lap * lap > limit * least);
    };
    const float* down = row(image_, -1);
    const float* here = row(image_, 0);
    const float* up = row(image_, 1);
    for (std::size_t i = 1; i + 1 < n; ++i)
      hit[i] =
          is_candidate(i, clipped_laplacian(here[i], here[i - 1], here[i + 1], down[i], up[i]));
    for (const std::size_t i : {std::size_t{0}, n - 1})
      hit[i] = is_candidate(i, laplacian_at(iy * nx_ + static_cast<std::int64_t>(i)));
    for (std::size_t i = 0; i < n; ++i)
      if (const std::int64_t p = iy * nx_ + static_cast<std::int64_t>(i);
          hit[i] != 0 && may_be_marked(p))
        out.push_back(p);
  }
  return out;
}

/// S' of each pixel.
std::vector<float> Search::significance(const Pixels& pixels) {
  Pixels wanted;
  for (const std::int64_t p : pixels)
    for_window(p, 2, [&](std::int64_t q) {
      if ((state(q) & kHasS) != 0) return;
      add_state(q, kHasS);
      wanted.push_back(q);
    });
  const std::vector<float> noise2 = window_medians<2>(variance_, wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    at(s_, wanted[i]) = laplacian_at(wanted[i]) / (2.0F * std::sqrt(noise2[i]));
  std::vector<float> out = window_medians<2>(s_, pixels);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = at(s_, pixels[i]) - out[i];
  return out;
}

/// F of each pixel.
std::vector<float> Search::fine_structure(const Pixels& pixels) {
  Pixels wanted;
  for (const std::int64_t p : pixels)
    for_window(p, 3, [&](std::int64_t q) {
      if ((state(q) & kHasMed3) != 0) return;
      add_state(q, kHasMed3);
      wanted.push_back(q);
    });
  const std::vector<float> med3 = window_medians<1>(image_, wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) at(med3_, wanted[i]) = med3[i];
  const std::vector<float> noise2 = window_medians<2>(variance_, pixels);
  std::vector<float> out = window_medians<3>(med3_, pixels);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = std::max(at(med3_, pixels[i]) - out[i], kFineStructureFloor * std::sqrt(noise2[i]));
  return out;
}

Pixels Search::hits_among(Pixels candidates) {
  {
    const std::vector<float> noise2 = window_medians<2>(variance_, candidates);
    keep_where(candidates, [&](std::size_t i) {
      return laplacian_at(candidates[i]) / (2.0F * std::sqrt(noise2[i])) > sigma_;
    });
  }
  const std::vector<float> s = significance(candidates);
  keep_where(candidates, [&](std::size_t i) { return s[i] > sigma_; });
  const std::vector<float> fine = fine_structure(candidates);
  keep_where(candidates,
             [&](std::size_t i) { return laplacian_at(candidates[i]) > contrast_ * fine[i]; });
  return candidates;
}

Pixels Search::grown(const Pixels& hits) {
  Pixels out = hits;
  for (const float limit : {sigma_, sigma_beside_}) {
    out = markable_within(out, 1);
    const std::vector<float> s = significance(out);
    keep_where(out, [&](std::size_t i) { return s[i] > limit; });
  }
  return out;
}

/// Marks and cleans, and forgets what depended on the old values: L⁺ and med₃ reach 1 px, med₅ 2.
void Search::mark(const Pixels& pixels) {
  for (const std::int64_t p : pixels) {
    add_state(p, kUnusable);
    MaskBits& bits = frame_.mask.pixels()[static_cast<std::size_t>(p)];
    bits = static_cast<MaskBits>(bits | mask::cosmic);
    for_window(p, 2, [&](std::int64_t q) { drop_state(q, kHasS); });
    for_window(p, 1, [&](std::int64_t q) { drop_state(q, kHasMed3); });
  }
  fill(pixels);
}

CosmicCount Search::run() {
  CosmicCount count;
  Pixels candidates = first_candidates();
  while (count.rounds < rounds_) {
    ++count.rounds;
    const Pixels found = grown(hits_among(candidates));
    if (found.empty()) break;
    mark(found);
    count.n_px += static_cast<std::int64_t>(found.size());
    // Elsewhere nothing has changed, and there was no hit.
    candidates = markable_within(found, 4);
  }
  return count;
}

}  // namespace

CosmicCount mark_cosmic_rays(Frame& frame, const SourceList& stars, double fwhm_px,
                             const CosmicConfig& config) {
  if (!same_shape(frame.signal_e, frame.variance_e2) || !same_shape(frame.signal_e, frame.mask))
    throw Error{Errc::internal, "mark_cosmic_rays: signal, variance and mask differ in shape"};
  if (!config.cosmics) return {.skipped = "off"};
  if (std::isnan(fwhm_px)) return {.skipped = "fwhm_unknown"};
  if (fwhm_px < config.cosmic_min_fwhm_px) return {.skipped = "fwhm_below_limit"};
  if (frame.signal_e.empty()) return {};
  return Search{frame, stars, fwhm_px, config}.run();
}

}  // namespace skyweft::calib
