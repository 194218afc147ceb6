// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Dense>

namespace skyweft::blas {

// Matrix products by the system's BLAS, on one thread: at the speed of the processor at hand. The
// bits of a result depend on the processor and may depend on the shapes; where a result must not
// depend on how work was cut, give it products of fixed shape.

enum class Side { as_is, transposed };

/// c = alpha·op(a)·op(b) + beta·c; all column-major. Collective: no. Throws Error{internal} when
/// the shapes do not fit.
void product(Eigen::Ref<Eigen::MatrixXd> c, double alpha,
             const Eigen::Ref<const Eigen::MatrixXd>& a, Side a_side,
             const Eigen::Ref<const Eigen::MatrixXd>& b, Side b_side, double beta);

/// The lower triangle of c = alpha·aᵀ·a + beta·c (the rest is left alone). Collective: no. Throws
/// Error{internal} when the shapes do not fit.
void gram(Eigen::Ref<Eigen::MatrixXd> c, double alpha, const Eigen::Ref<const Eigen::MatrixXd>& a,
          double beta);

}  // namespace skyweft::blas
