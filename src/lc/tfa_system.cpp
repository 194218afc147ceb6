// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa_system.hpp"

#include <algorithm>
#include <cmath>

#include "core/blas.hpp"
#include "lc/tfa_rows.hpp"

namespace skyweft::lc {
namespace {

using Index = Eigen::Index;
constexpr double kTolerance = 1e-7;
constexpr double kLeastShare = 1e-9;

template <class T>
using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// Products with A of many stars at once, frame by frame of the templates.
template <class T>
class Products {
 public:
  Products(const TemplateSet& set, const Matrix<T>& basis)
      : n_frame_(static_cast<std::int32_t>(set.n_frame)),
        basis_(basis),
        length_(static_cast<std::size_t>(basis.rows())),
        zero_(length_, T{0}),
        // 256 KiB of rows stay in the second-level cache while all stars pass.
        n_at_once_(std::max<std::int32_t>(
            16,
            static_cast<std::int32_t>(262144 / sizeof(T) / std::max<std::size_t>(1, length_)))) {}

  /// out = A·in for every system of `active`.
  void apply(std::span<const StarSystem> systems, const std::vector<std::size_t>& active,
             const std::vector<Vector<T>>& in, std::vector<Vector<T>>& out) const {
    std::vector<std::size_t> next(active.size(), 0);
    for (const std::size_t i : active) out[i].setZero(basis_.rows());
    for (std::int32_t end = n_at_once_; end < n_frame_ + n_at_once_; end += n_at_once_)
      for (std::size_t k = 0; k < active.size(); ++k) {
        const std::size_t i = active[k];
        add_rows(systems[i].points->frames, end, next[k], in[i].data(), out[i].data());
      }
    for (const std::size_t i : active)
      if (!systems[i].points->is_used_list) out[i] = in[i] - out[i];
  }

 private:
  /// Adds rows from `next` on that begin before frame `end`, four at a time: the same fours
  /// whatever else is solved.
  void add_rows(const std::vector<std::int32_t>& frames, std::int32_t end, std::size_t& next,
                const T* in, T* out) const {
    while (next < frames.size() && frames[next] < end) {
      const T* rows[4];
      for (std::size_t r = 0; r < 4; ++r)
        rows[r] = next + r < frames.size() ? basis_.col(frames[next + r]).data() : zero_.data();
      add_four_rows(rows, length_, in, out);
      next += 4;
    }
  }

  std::int32_t n_frame_;
  const Matrix<T>& basis_;
  std::size_t length_;
  std::vector<T> zero_;
  std::int32_t n_at_once_;
};

/// Steps after which a factor would have been cheaper: it takes m·p² + p³/3 flops at about three
/// times the speed of a step's 4·m·p.
int most_steps(Index n_direction, std::size_t n_listed) {
  const auto p = static_cast<double>(n_direction);
  const double m = std::max(1.0, static_cast<double>(n_listed));
  return static_cast<int>(std::min(60.0, 8.0 + p / 12.0 + p * p / (36.0 * m)));
}

}  // namespace

UsedPoints list_points(std::span<const std::uint8_t> is_used) {
  UsedPoints out;
  for (const std::uint8_t u : is_used) out.n_used += u;
  const auto n = static_cast<std::int64_t>(is_used.size());
  out.is_used_list = 2 * out.n_used < n;
  out.frames.resize(static_cast<std::size_t>(std::min(out.n_used, n - out.n_used)) + 1);
  const std::uint8_t listed = out.is_used_list ? 1 : 0;
  std::size_t k = 0;
  for (std::size_t i = 0; i < is_used.size(); ++i) {
    out.frames[k] = static_cast<std::int32_t>(i);
    k += is_used[i] == listed ? 1 : 0;
  }
  out.frames.resize(k);
  return out;
}

namespace {

/// All systems on their way to a solution.
class Solver {
 public:
  Solver(const TemplateSet& set, std::span<StarSystem> systems)
      : set_(set),
        systems_(systems),
        wide_(set, set.basis),
        narrow_(set, set.narrow_basis),
        at_(systems.size()),
        rest_(systems.size()),
        step_(systems.size()),
        remainder_(systems.size()),
        direction_(systems.size()),
        image_(systems.size()) {}

  void solve() {
    begin();
    while (!active_.empty()) {
      find_rest();
      if (!active_.empty()) approach();
    }
  }

 private:
  bool is_too_long(std::size_t i) const {
    return systems_[i].n_step >= most_steps(set_.rank, systems_[i].points->frames.size());
  }

  void begin() {
    for (std::size_t i = 0; i < systems_.size(); ++i) {
      StarSystem& s = systems_[i];
      const bool is_identity = !s.points->is_used_list && s.points->frames.empty();
      if (is_identity || !(s.right.squaredNorm() > 0.0)) {
        s.x = s.right;
        s.is_solved = true;
        continue;
      }
      if (s.x.size() == 0) {
        s.x = s.right;  // near the solution when little is missing
        if (s.points->is_used_list) s.x.setZero();
      }
      active_.push_back(i);
    }
  }

  /// rest = h − A·x in double; those that are near enough leave.
  void find_rest() {
    for (const std::size_t i : active_) at_[i] = systems_[i].x;
    wide_.apply(systems_, active_, at_, rest_);
    std::erase_if(active_, [&](std::size_t i) {
      StarSystem& s = systems_[i];
      rest_[i] = s.right - rest_[i];
      ++s.n_step;
      s.is_solved = rest_[i].squaredNorm() <= kTolerance * kTolerance * s.right.squaredNorm();
      return s.is_solved || is_too_long(i);
    });
  }

  /// Adds an approximate A⁻¹·rest to x, by conjugate gradients in single precision.
  void approach() {
    // Of the rest: what single precision can reach.
    constexpr double kFloor = 3e-7;
    std::vector<double> enough2(systems_.size(), 0.0);
    std::vector<float> left2(systems_.size(), 0.0F);
    std::vector<double> scale(systems_.size(), 0.0);
    for (const std::size_t i : active_) {
      scale[i] = rest_[i].norm();
      const double wanted = 0.3 * kTolerance * systems_[i].right.norm() / scale[i];
      enough2[i] = std::pow(std::max(wanted, kFloor), 2);
      remainder_[i] = (rest_[i] / scale[i]).cast<float>();
      direction_[i] = remainder_[i];
      step_[i] = Eigen::VectorXf::Zero(rest_[i].size());
      left2[i] = remainder_[i].squaredNorm();
    }
    std::vector<std::size_t> here = active_;
    while (!here.empty()) {
      narrow_.apply(systems_, here, direction_, image_);
      std::erase_if(here, [&](std::size_t i) {
        const float length = left2[i] / direction_[i].dot(image_[i]);
        step_[i] += length * direction_[i];
        remainder_[i] -= length * image_[i];
        const float before2 = left2[i];
        left2[i] = remainder_[i].squaredNorm();
        direction_[i] = remainder_[i] + (left2[i] / before2) * direction_[i];
        ++systems_[i].n_step;
        return !(static_cast<double>(left2[i]) > enough2[i]) || is_too_long(i);
      });
    }
    for (const std::size_t i : active_) systems_[i].x += scale[i] * step_[i].cast<double>();
  }

  const TemplateSet& set_;
  std::span<StarSystem> systems_;
  Products<double> wide_;
  Products<float> narrow_;
  std::vector<std::size_t> active_;
  std::vector<Eigen::VectorXd> at_, rest_;
  std::vector<Eigen::VectorXf> step_, remainder_, direction_, image_;
};

}  // namespace

void solve_systems(const TemplateSet& set, std::span<StarSystem> systems) {
  Solver{set, systems}.solve();
}

StarFactor::StarFactor(const TemplateSet& set, const UsedPoints& points,
                       const Eigen::MatrixXd& constraints) {
  const Index n = set.rank;
  const Index k = constraints.cols();
  free_ = Eigen::MatrixXd::Zero(set.basis.rows(), n - k);
  if (k == 0) {
    free_.topLeftCorner(n, n).setIdentity();
  } else {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr{constraints.topRows(n)};
    const Eigen::MatrixXd whole = qr.householderQ() * Eigen::MatrixXd::Identity(n, n);
    free_.topRows(n) = whole.rightCols(n - k);
  }
  Eigen::MatrixXd rows(set.basis.rows(), static_cast<Index>(points.frames.size()));
  for (std::size_t r = 0; r < points.frames.size(); ++r)
    rows.col(static_cast<Index>(r)) = set.basis.col(points.frames[r]);
  Eigen::MatrixXd seen(n - k, rows.cols());
  blas::product(seen, 1.0, free_, blas::Side::transposed, rows, blas::Side::as_is, 0.0);
  matrix_ = Eigen::MatrixXd::Zero(n - k, n - k);
  if (!points.is_used_list) matrix_.setIdentity();
  blas::product(matrix_, points.is_used_list ? 1.0 : -1.0, seen, blas::Side::as_is, seen,
                blas::Side::transposed, 1.0);
  rank_ = n - k;
  whole_.compute(matrix_);
  if (whole_.info() == Eigen::Success && whole_.rcond() > kLeastShare) return;
  is_singular_ = true;
  singular_ = pivoted_cholesky(matrix_, kLeastShare);
  rank_ = singular_.rank();
}

Eigen::VectorXd StarFactor::solve(const Eigen::VectorXd& right) const {
  const Eigen::VectorXd along = free_.transpose() * right;
  if (is_singular_) return free_ * singular_.solve(along);
  return free_ * whole_.solve(along);
}

}  // namespace skyweft::lc
