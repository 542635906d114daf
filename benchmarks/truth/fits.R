# The tools of R. As fits.py: Rscript fits.R TOOL reads lines "SERIES.csv ANSWERS.csv at season setting" and answers
# each with "done".
tool <- commandArgs(TRUE)[1]
suppressPackageStartupMessages(library(if (tool == "r-gls") "nlme" else if (tool == "r-auto-arima") "forecast" else "stats",
                                       character.only = TRUE))

design <- function(n, at, season, setting, x) {
  t <- 0:(n - 1)
  X <- cbind(const = 1, t = t, step = as.numeric(t >= at), ramp = pmax(t - at, 0))
  if (!is.null(x)) X <- cbind(X, x = x)
  if (season > 0 && setting != "default") for (k in 1:2) {
    angle <- 2 * pi * k * t / season
    X <- cbind(X, sin(angle), cos(angle))
  }
  X
}

# Interval of each contrast: b and V of step and ramp, and the quantile.
contrasts <- function(b, V, q, after) {
  rows <- list(level = c(1, 0), last = c(1, after - 1), mean = c(1, (after - 1) / 2))
  t(sapply(rows, function(w) {
    estimate <- sum(w * b)
    half <- q * sqrt(as.numeric(t(w) %*% V %*% w))
    c(estimate, estimate - half, estimate + half)
  }))
}

fit <- function(y, X, at, season) {
  after <- length(y) - at
  terms <- c("step", "ramp")
  if (tool == "r-gls") {
    data <- data.frame(y = y, X)
    made <- gls(reformulate(c("0", setdiff(names(data), "y")), "y"), data, correlation = corAR1(form = ~ t))
    return(contrasts(coef(made)[terms], vcov(made)[terms, terms], qt(0.975, length(y) - ncol(X)), after))
  }
  made <- if (tool == "r-arima") {
    arima(y, order = c(1, 0, 0), xreg = X, include.mean = FALSE)
  } else {
    auto.arima(ts(y, frequency = max(1, season)), xreg = X[, -1], allowdrift = FALSE)
  }
  contrasts(coef(made)[terms], vcov(made)[terms, terms], qnorm(0.975), after)
}

answers <- function(table, at, season, setting) {
  rows <- lapply(unique(table$series), function(number) {
    part <- table[table$series == number, ]
    X <- design(nrow(part), at, season, setting, if ("x" %in% names(part)) part$x)
    began <- sum(proc.time()[1:2])
    found <- tryCatch(suppressWarnings(fit(part$y, X, at, season)), error = function(e) conditionMessage(e))
    took <- sum(proc.time()[1:2]) - began
    if (is.character(found))
      return(data.frame(series = number, target = "failed", estimate = NA, low = NA, high = NA, seconds = took,
                        why = substr(gsub("[\r\n,\"]+", " ", found), 1, 120)))
    data.frame(series = number, target = rownames(found), estimate = found[, 1], low = found[, 2], high = found[, 3],
               seconds = took, why = "")
  })
  do.call(rbind, rows)
}

input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  asked <- strsplit(line, " ")[[1]]
  found <- answers(read.csv(asked[1]), as.integer(asked[3]), as.integer(asked[4]), asked[5])
  found[3:6] <- lapply(found[3:6], function(v) sprintf("%.17g", v))
  write.csv(found, asked[2], row.names = FALSE, quote = FALSE)
  cat("done\n")
  flush(stdout())
}
