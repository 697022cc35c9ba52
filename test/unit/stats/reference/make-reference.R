# Reference values for test/unit/stats, from R 4.2.2 (2022-10-31) and base packages only:
#
#   cd test/unit/stats/reference && Rscript make-reference.R && npx biome format --write .
#
# Writes the JSON files beside it, 17 significant digits each. The tests read only those.

number <- function(x) {
  ifelse(is.infinite(x), sprintf('"%s"', ifelse(x > 0, "Infinity", "-Infinity")),
         formatC(x, digits = 17, format = "g"))
}
vector <- function(x) sprintf("[%s]", paste(number(x), collapse = ","))
object <- function(...) {
  fields <- list(...)
  sprintf("{%s}", paste(sprintf('"%s":%s', names(fields), unlist(fields)), collapse = ","))
}
write <- function(name, entries) {
  writeLines(c("[", paste(unlist(entries), collapse = ",\n"), "]"), paste0(name, ".json"))
}

set.seed(20030724)

# P(T >= t) of the signed-rank statistic without ties.
write("signed-rank-tail", lapply(c(1:12, 20, 35, 50), function(n) {
  maximum <- n * (n + 1) / 2
  t <- unique(round(seq(0, maximum, length.out = min(maximum + 1, 40))))
  object(n = number(n), t = vector(t), p = vector(psignrank(t - 1, n, lower.tail = FALSE)))
}))

# wilcox.test about a shift, both directions. Beyond 50 (exact = FALSE) some differences repeat.
one_sided <- function(d, mu) {
  exact <- length(d) <= 50
  p <- function(side) wilcox.test(d, mu = mu, alternative = side, exact = exact)$p.value
  object(differences = vector(d), shift = number(mu), greater = number(p("greater")),
         less = number(p("less")))
}
samples <- c(
  lapply(c(1, 2, 5, 8, 12, 24, 49, 50), function(n) rnorm(n, 0.01, 0.02)),
  lapply(c(51, 80, 200), function(n) rt(n, 2) / 100),
  lapply(c(60, 120), function(n) round(rnorm(n, 0.004, 0.02), 2))
)
# Shifts that no difference and no mean of two differences equals: there R counts as this program.
write("signed-rank-test", lapply(samples, function(d) {
  sapply(c(-0.0200037, 0.0001237, 0.0200037), function(mu) one_sided(d, mu))
}))

# Median of the Walsh averages, and the interval. With exact = FALSE R searches for the ends by
# bisection, so tol.root is made small; its own estimate there is no median, so this one is.
# Where differences repeat, that search stops at a tie and returns ends that wilcox.test itself
# rejects; there the ends come from its p-values between neighbouring Walsh averages.
ends <- function(d, confidence) {
  if (!any(duplicated(d))) {
    return(wilcox.test(d, conf.int = TRUE, conf.level = confidence, exact = length(d) <= 50,
                       tol.root = 1e-13)$conf.int[1:2])
  }
  at <- sort(unique(round(outer(d, d, "+") / 2, 6)))
  between <- (head(at, -1) + tail(at, -1)) / 2
  kept <- function(side) {
    which(sapply(between, function(mu) {
      wilcox.test(d, mu = mu, alternative = side, exact = FALSE)$p.value
    }) > (1 - confidence) / 2)
  }
  c(at[min(kept("greater"))], at[max(kept("less")) + 1])
}
write("hodges-lehmann", lapply(samples[-(1:3)], function(d) {
  walsh <- outer(d, d, "+") / 2
  sapply(c(0.8, 0.9, 0.95), function(confidence) {
    interval <- ends(d, confidence)
    object(differences = vector(d), confidence = number(confidence),
           estimate = number(median(walsh[upper.tri(walsh, diag = TRUE)])),
           low = number(interval[1]), high = number(interval[2]))
  })
}))

# p.adjust, with ties, zeros and ones.
write("adjust", lapply(list(0.03, c(0.01, 0.04, 0.03, 0.005), c(0.5, 0.5, 0.01, 0, 1),
                            runif(26)^4, round(runif(40), 1)), function(p) {
  object(p = vector(p), holm = vector(p.adjust(p, "holm")))
}))

degrees <- c(1, 2, 3, 5, 5.5, 7, 10, 20, 30, 60, 104, 300, 1000, 1e5)
levels <- c(1e-9, 1e-6, 1e-4, 0.001, 0.01, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.95, 0.99, 1 - 1e-6)
places <- c(-40, -12, -5, -2, -1, -0.1, 0, 0.3, 1, 2.5, 6, 15, 60)
write("student", lapply(degrees, function(nu) {
  object(degreesOfFreedom = number(nu), t = vector(places), cdf = vector(pt(places, nu)),
         p = vector(levels), quantile = vector(qt(levels, nu)))
}))
z <- c(-6, -4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 6)
write("normal", object(z = vector(z), upper = vector(pnorm(z, lower.tail = FALSE)),
                       p = vector(levels), quantile = vector(qnorm(levels))))

# Variance of the median of n standard normal observations, over its order statistics.
median_variance <- function(n) {
  k <- (n + 1) %/% 2
  if (n %% 2 == 1) {
    scale <- lgamma(n + 1) - 2 * lgamma(k)
    return(integrate(function(x) {
      x^2 * dnorm(x) * exp(scale + (k - 1) * (pnorm(x, log.p = TRUE) + pnorm(-x, log.p = TRUE)))
    }, -12, 12, rel.tol = 1e-10)$value)
  }
  k <- n / 2
  scale <- lgamma(n + 1) - 2 * lgamma(k)
  inner <- function(x) integrate(function(y) {
    ((x + y) / 2)^2 * exp(scale + (k - 1) * (pnorm(x, log.p = TRUE) + pnorm(-y, log.p = TRUE)) +
                            dnorm(x, log = TRUE) + dnorm(y, log = TRUE))
  }, x, 12, rel.tol = 1e-10, subdivisions = 500)$value
  integrate(function(x) sapply(x, inner), -12, 12, rel.tol = 1e-8, subdivisions = 500)$value
}
write("median-variance", lapply(1:30, function(n) {
  object(n = number(n), variance = number(median_variance(n)))
}))
