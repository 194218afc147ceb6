// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sky_index.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/healpix.hpp"
#include "sky/match.hpp"

namespace skyweft::sky {
namespace {

constexpr double kUnit = 1073741824.0;  // 2^30
constexpr std::size_t kLeaf = 16;
constexpr int kMostPerPair = 2;
constexpr std::size_t kInsideTried = 4;

Vec3 sum(const Vec3& a, const Vec3& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}

double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vec3 difference(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

/// Cells with a side nearest to `size_rad`.
int order_for(double size_rad) {
  const double side0 = std::sqrt(kPi / 3.0);
  return std::clamp(static_cast<int>(std::lround(std::log2(side0 / size_rad))), 0, 13);
}

double cell_side_rad(int order) {
  return std::sqrt(4.0 * kPi / static_cast<double>(healpix::n_cells(order)));
}

/// How many per cell make `per_size` in a square of the side `size_rad`.
std::int64_t per_cell(double per_size, int order, double size_rad) {
  const double ratio = cell_side_rad(order) / size_rad;
  return std::max<std::int64_t>(1, std::llround(per_size * ratio * ratio));
}

/// The brightest stars of every cell.
void choose_stars(const StarCatalog& stars, std::int64_t most_per_cell, SkyIndexBand& band) {
  const auto n = static_cast<std::size_t>(stars.size());
  const auto n_cells = static_cast<std::size_t>(healpix::n_cells(band.order));
  std::vector<std::uint32_t> cell(n);
  std::vector<std::uint32_t> by_brightness(n);
  std::iota(by_brightness.begin(), by_brightness.end(), 0u);
  const auto mag = [&](std::uint32_t i) {
    return std::isfinite(stars.mag[i]) ? stars.mag[i] : std::numeric_limits<float>::infinity();
  };
  std::ranges::sort(by_brightness, [&](std::uint32_t a, std::uint32_t b) {
    return std::pair{mag(a), stars.id[a]} < std::pair{mag(b), stars.id[b]};
  });
  std::vector<std::uint32_t> count(n_cells, 0);
  std::vector<std::uint32_t> chosen;
  for (const std::uint32_t i : by_brightness) {
    const SkyPos at{Angle::from_deg(stars.ra_deg[i]), Angle::from_deg(stars.dec_deg[i])};
    cell[i] = static_cast<std::uint32_t>(healpix::cell_of(at, band.order));
    if (static_cast<std::int64_t>(count[cell[i]]) >= most_per_cell) continue;
    ++count[cell[i]];
    chosen.push_back(i);
  }
  band.first_star.assign(n_cells + 1, 0);
  for (std::size_t c = 0; c < n_cells; ++c) band.first_star[c + 1] = band.first_star[c] + count[c];
  std::vector<std::uint32_t> next(band.first_star.begin(), band.first_star.end() - 1);
  band.stars.resize(chosen.size());
  for (const std::uint32_t i : chosen) {
    const Vec3 v =
        unit_vector({Angle::from_deg(stars.ra_deg[i]), Angle::from_deg(stars.dec_deg[i])});
    const auto scaled = [](double x) { return static_cast<std::int32_t>(std::lround(kUnit * x)); };
    band.stars[next[cell[i]]++] = {scaled(v[0]), scaled(v[1]), scaled(v[2]), mag(i)};
  }
}

struct Candidate {
  std::uint32_t star;
  float mag;
  Vec3 at;
};

/// Makes the quads of the cells of one band.
class QuadMaker {
 public:
  QuadMaker(SkyIndexBand& band, const SkyIndexRecipe& recipe)
      : band_(band),
        most_uses_(static_cast<std::uint16_t>(recipe.most_uses)),
        most_per_cell_(per_cell(recipe.quads_per_size, band.order, band.low_rad)),
        low_chord2_(std::pow(2.0 * std::sin(0.5 * band.low_rad), 2)),
        high_chord2_(
            std::pow(2.0 * std::sin(std::min(0.5 * kPi, band.low_rad / std::numbers::sqrt2)), 2)),
        uses_(band.stars.size(), 0) {}

  void make(std::int64_t cell) {
    gather(cell);
    made_ = 0;
    for (std::size_t j = 1; j < near_.size(); ++j)
      for (std::size_t i = 0; i < j; ++i) {
        pair_quads(cell, i, j);
        if (made_ >= most_per_cell_) return;
      }
  }

 private:
  /// The stars that a quad about this cell may have, brightest first.
  void gather(std::int64_t cell) {
    near_.clear();
    const Vec3 centre = healpix::centre_of(cell, band_.order);
    double rim2 = 0.0;
    for (const Vec3& corner : healpix::corners_of(cell, band_.order)) {
      const Vec3 d = difference(corner, centre);
      rim2 = std::max(rim2, dot(d, d));
    }
    const double reach = std::sqrt(rim2) + 0.5 * std::sqrt(high_chord2_);
    const double angle = 2.0 * std::asin(std::min(1.0, 0.5 * reach));
    for (const std::int64_t c :
         healpix::cells_near(direction_of(centre), Angle::from_rad(angle), band_.order))
      for (std::uint32_t i = band_.first_star[static_cast<std::size_t>(c)];
           i < band_.first_star[static_cast<std::size_t>(c) + 1]; ++i) {
        const Vec3 at = direction(band_.stars[i]);
        const Vec3 d = difference(at, centre);
        if (dot(d, d) <= reach * reach) near_.push_back({i, band_.stars[i].mag, at});
      }
    std::ranges::sort(near_, [](const Candidate& a, const Candidate& b) {
      return std::pair{a.mag, a.star} < std::pair{b.mag, b.star};
    });
  }

  bool used_up(std::size_t i) const { return uses_[near_[i].star] >= most_uses_; }

  void pair_quads(std::int64_t cell, std::size_t i, std::size_t j) {
    const Vec3& a = near_[i].at;
    const Vec3& b = near_[j].at;
    const Vec3 ab = difference(b, a);
    const double length2 = dot(ab, ab);
    if (length2 < low_chord2_ || length2 >= high_chord2_ || used_up(i) || used_up(j)) return;
    if (healpix::cell_of(sum(a, b), band_.order) != cell) return;
    inside_.clear();
    for (std::size_t k = 0; k < near_.size() && inside_.size() < kInsideTried; ++k)
      if (k != i && k != j && !used_up(k) &&
          dot(difference(near_[k].at, a), difference(near_[k].at, b)) < 0.0)
        inside_.push_back(k);
    int of_pair = 0;
    for (std::size_t d = 1; d < inside_.size(); ++d)
      for (std::size_t c = 0; c < d; ++c) {
        if (made_ >= most_per_cell_ || of_pair >= kMostPerPair || used_up(i) || used_up(j)) return;
        if (used_up(inside_[c]) || used_up(inside_[d])) continue;
        if (add({i, j, inside_[c], inside_[d]})) ++of_pair;
      }
  }

  bool add(const std::array<std::size_t, 4>& four) {
    Vec3 middle{};
    for (const std::size_t k : four) middle = sum(middle, near_[k].at);
    const TangentPlane plane{direction_of(middle)};
    std::array<PixelPos, 4> points;
    std::array<std::int64_t, 4> stars{};
    for (std::size_t k = 0; k < 4; ++k) {
      const auto place = plane.project(direction_of(near_[four[k]].at));
      if (!place) return false;
      points[k] = {-place->xi_deg, place->eta_deg};
      stars[k] = near_[four[k]].star;
    }
    bool inside = false;
    const Quad quad = make_quad(points, stars, inside);
    if (!inside) return false;
    QuadCode code{};
    QuadStars rows{};
    for (std::size_t k = 0; k < 4; ++k) {
      code[k] = static_cast<float>(quad.code[k]);
      rows[k] = static_cast<std::uint32_t>(quad.star[k]);
      ++uses_[near_[four[k]].star];
    }
    band_.codes.push_back(code);
    band_.quads.push_back(rows);
    ++made_;
    return true;
  }

  SkyIndexBand& band_;
  std::uint16_t most_uses_;
  std::int64_t most_per_cell_;
  double low_chord2_;
  double high_chord2_;
  std::vector<std::uint16_t> uses_;
  std::vector<Candidate> near_;
  std::vector<std::size_t> inside_;
  std::int64_t made_ = 0;
};

/// Which cells of a coarser order may hold the middle of a quad: most catalogues of deep stars are
/// of some fields alone.
std::vector<std::uint8_t> inhabited(const SkyIndexBand& band, int coarse_order) {
  const int down = 2 * (band.order - coarse_order);
  std::vector<std::uint8_t> out(static_cast<std::size_t>(healpix::n_cells(coarse_order)), 0);
  // Half of |AB|, and a cell's radius, which is below its side.
  const double reach = band.low_rad + 1.1 * cell_side_rad(coarse_order);
  for (std::int64_t cell = 0; cell < healpix::n_cells(coarse_order); ++cell) {
    const auto from = static_cast<std::size_t>(cell << down);
    const auto to = static_cast<std::size_t>((cell + 1) << down);
    if (band.first_star[from] == band.first_star[to]) continue;
    const SkyPos centre = direction_of(healpix::centre_of(cell, coarse_order));
    for (const std::int64_t near :
         healpix::cells_near(centre, Angle::from_rad(reach), coarse_order))
      out[static_cast<std::size_t>(near)] = 1;
  }
  return out;
}

struct Entry {
  QuadCode code;
  QuadStars quad;
  auto operator<=>(const Entry&) const = default;
};

void sort_range(std::span<Entry> entries, std::size_t axis) {
  if (entries.size() <= kLeaf) {
    std::ranges::sort(entries);
    return;
  }
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
  std::ranges::nth_element(entries, middle, [axis](const Entry& a, const Entry& b) {
    return a.code[axis] != b.code[axis] ? a.code[axis] < b.code[axis] : a < b;
  });
  sort_range(entries.first(entries.size() / 2), (axis + 1) % 4);
  sort_range(entries.subspan(entries.size() / 2 + 1), (axis + 1) % 4);
}

struct Query {
  std::span<const QuadCode> codes;
  QuadCode code;
  float radius;
  std::vector<std::uint32_t>* out;

  void take(std::size_t i) const {
    float d2 = 0.0f;
    for (std::size_t k = 0; k < 4; ++k) {
      const float d = codes[i][k] - code[k];
      d2 += d * d;
    }
    if (d2 <= radius * radius) out->push_back(static_cast<std::uint32_t>(i));
  }

  void walk(std::size_t from, std::size_t to, std::size_t axis) const {
    while (to - from > kLeaf) {
      const std::size_t middle = from + (to - from) / 2;
      const float off = code[axis] - codes[middle][axis];
      axis = (axis + 1) % 4;
      if (off > radius) {
        from = middle + 1;
      } else if (off < -radius) {
        to = middle;
      } else {
        walk(from, middle, axis);
        take(middle);
        from = middle + 1;
      }
    }
    for (std::size_t i = from; i < to; ++i) take(i);
  }
};

}  // namespace

std::vector<double> index_bands_rad(const SkyIndexRecipe& recipe) {
  if (!(recipe.low_deg >= 0.01 && recipe.low_deg <= recipe.high_deg && recipe.high_deg <= 60.0))
    throw Error{Errc::usage,
                fmt::format("fields of {} to {} deg cannot be indexed; give the smallest and the "
                            "largest, between 0.01 and 60 deg",
                            recipe.low_deg, recipe.high_deg)};
  std::vector<double> bands;
  const double last = recipe.largest_share * recipe.high_deg * kRadPerDeg;
  double low = recipe.smallest_share * recipe.low_deg * kRadPerDeg;
  // A band that would only begin at the last length is not made.
  for (; low < last / std::pow(2.0, 0.25); low *= std::numbers::sqrt2) bands.push_back(low);
  if (bands.empty()) bands.push_back(low);
  return bands;
}

SkyIndexBand make_index_band(const StarCatalog& stars, double low_rad,
                             const SkyIndexRecipe& recipe) {
  if (stars.size() > std::numeric_limits<std::uint32_t>::max() - 1)
    throw Error{
        Errc::bad_input,
        fmt::format("{} stars are too many for an index; leave out faint ones", stars.size())}
        .because({"n_star", static_cast<double>(stars.size()), 4294967294.0});
  SkyIndexBand band{.low_rad = low_rad, .order = order_for(low_rad)};
  choose_stars(stars, per_cell(recipe.stars_per_size, band.order, low_rad), band);
  QuadMaker maker{band, recipe};
  const int coarse_order = std::max(0, band.order - 3);
  const std::vector<std::uint8_t> wanted = inhabited(band, coarse_order);
  const int down = 2 * (band.order - coarse_order);
  for (std::int64_t cell = 0; cell < healpix::n_cells(band.order); ++cell)
    if (wanted[static_cast<std::size_t>(cell >> down)] != 0) maker.make(cell);
  make_quad_tree(band.codes, band.quads);
  return band;
}

void make_quad_tree(std::vector<QuadCode>& codes, std::vector<QuadStars>& quads) {
  std::vector<Entry> entries(codes.size());
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = {codes[i], quads[i]};
  sort_range(entries, 0);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    codes[i] = entries[i].code;
    quads[i] = entries[i].quad;
  }
}

void quads_near(const IndexBand& band, const QuadCode& code, float radius,
                std::vector<std::uint32_t>& out) {
  out.clear();
  Query{band.codes, code, radius, &out}.walk(0, band.codes.size(), 0);
}

}  // namespace skyweft::sky
