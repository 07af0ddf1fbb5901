#!/usr/bin/env Rscript
# fit_factors EXPOSURE - which attributes go with a faster sale, as CSV
#
# Reads what schema/query/factors/group_exposure.sql prints, writes the rows of
# serving.sale_factor.  Status 69: R has no survival; 65: too few are sold.
#
# The model: the hazard of a sale is that of the listing's age, constant within
# bands, times a ratio for each attribute.  Time is cut at the bands and months, and
# an exponential law forgets what came before, so that a survreg of exponential,
# interval-censored times fits it as it stands: with listings that were old when
# they were first seen (survreg knows no left truncation otherwise), with months
# that change while a listing waits, and with no law of ages to believe in.
few <- 20 # exits; levels with fewer are one, "(other)"
other <- "(other)"

# --- reading ------------------------------------------------------------------

read_rows <- function(file) {
	d <- read.csv(file, colClasses = "character", na.strings = NULL,
	    encoding = "UTF-8")
	for (name in c("price", "days", "n", "listings", "in_catalog", "in_month"))
		d[[name]] <- as.numeric(ifelse(d[[name]] == "", NA, d[[name]]))
	d
}

count <- function(n, level) {
	sums <- rowsum(n, level)
	setNames(as.vector(sums), rownames(sums))
}

# A factor whose first level, the reference, is the one that was there most; not
# that of the most sales, which would often be the one that was lucky.
lump <- function(d, name) {
	sold <- count(d$n * (d$exit == "sold"), d[[name]])
	level <- ifelse(sold[d[[name]]] < few, other, d[[name]])
	days <- count(d$n * (d$exit == "there"), level)
	factor(level, names(days)[order(names(days) == other, -days)])
}

# Levels of which nothing is sold have no ratio, and tell nothing of others.
sold_at_all <- function(d, name) {
	d[[name]] <- lump(d, name)
	sold <- count(d$n * (d$exit == "sold"), as.character(d[[name]]))
	d <- d[sold[as.character(d[[name]])] > 0, ]
	d[[name]] <- droplevels(d[[name]])
	d
}

# Equal rows, added up.
add_up <- function(d, by) {
	key <- do.call(paste, c(lapply(d[by], as.integer), d["price"], d["days"],
	    d["exit"], sep = "\r"))
	first <- !duplicated(key)
	sums <- rowsum(d[c("n", "listings", "in_catalog", "in_month")], key, reorder = FALSE)
	cbind(d[first, c(by, "price", "days", "exit")], sums)
}

# --- exits that are not known to be sales or not ----------------------------------

# The share that counts as sold of each row of unknown exits: that of known exits
# like them, by a logit of what they are and of their age.
share_sold <- function(d, terms) {
	known <- d[d$exit %in% c("sold", "other"), ]
	unknown <- d[d$exit == "unknown", ]
	if (nrow(unknown) == 0 || all(known$exit == "sold"))
		return(rep(1, nrow(unknown)))
	model <- suppressWarnings(glm(reformulate(terms, "exit == 'sold'"),
	    quasibinomial, known, weights = n))
	suppressWarnings(predict(model, unknown, type = "response"))
}

# How much wider intervals are because a share is no sale: a part u of the exits
# unknown, a part p of the known ones sold.
widening <- function(d) {
	total <- function(exit) sum(d$n[d$exit == exit])
	known <- total("sold") + total("other")
	u <- total("unknown") / (total("unknown") + known)
	p <- total("sold") / known
	sqrt(p + (1 - p) / (1 - u))
}

# --- the fit -------------------------------------------------------------------------

# What was there has lived its days; a sale came before the end of its interval.
fit_hazard <- function(d, terms) {
	unknown <- d$exit == "unknown"
	there <- d$exit == "there"
	weight <- ifelse(there, 1, d$n)
	weight[unknown] <- d$n[unknown] * share_sold(d, terms)
	used <- d$exit != "other" & weight > 0 & d$n > 0
	rate <- sum(weight[used & !there]) / sum(d$n[there])
	d$y <- survival::Surv(ifelse(there, d$n, NA), ifelse(there, NA, d$days),
	    type = "interval2")
	d$weight <- weight
	d <- d[used, ]
	columns <- ncol(model.matrix(reformulate(terms), d))
	survival::survreg(reformulate(terms, "y"), d, weights = weight,
	    dist = "exponential", init = c(-log(rate), rep(0, columns - 1)),
	    control = survival::survreg.control(maxiter = 100))
}

# The typical price of a cell is a mean, and off by chance: what that moves the
# ratio of a level with so many listings, as a variance.
price_noise <- function(d, slope, listings) {
	there <- d$exit == "there"
	spread <- sum(d$listings[there] * d$price[there] ^ 2) / sum(d$listings[there])
	slope ^ 2 * spread * (1 / listings + 1 / listings[1])
}

# --- rows of the table -----------------------------------------------------------------

rows_of_factor <- function(d, name, model) {
	level <- levels(d[[name]])
	at <- function(n) as.vector(count(n, d[[name]])[level])
	listings <- at(switch(name, month = d$in_month, catalog = d$in_catalog,
	    d$listings))
	slope <- model$slope[[1]]
	log_ratio <- c(0, -model$coefficients[paste0(name, level[-1])])
	variance <- c(NA, diag(model$var)[paste0(name, level[-1])]) *
	    model$widening ^ 2
	if (name != "month")
		variance <- variance + price_noise(d, slope, listings)
	data.frame(factor = name, level, reference = level[1],
	    ratio = exp(log_ratio),
	    low = exp(log_ratio - 1.96 * sqrt(variance)),
	    high = exp(log_ratio + 1.96 * sqrt(variance)),
	    listings, sold = at(d$n * (d$exit == "sold")))
}

row_of_price <- function(d, model) {
	half <- 1.96 * sqrt(model$var["price", "price"]) * model$widening
	data.frame(factor = "price", level = "twice", reference = "typical",
	    ratio = exp(-model$slope[[1]]), low = exp(-model$slope[[1]] - half),
	    high = exp(-model$slope[[1]] + half), listings = sum(d$listings),
	    sold = sum(d$n[d$exit == "sold"]))
}

fit_source <- function(d) {
	if (sum(d$n[d$exit == "sold"]) < 5 * few)
		return(NULL)
	names <- c("brand", "condition", "catalog", "month")
	for (name in c(names, "age"))
		d <- sold_at_all(d, name)
	names <- Filter(function(name) nlevels(d[[name]]) > 1, names)
	varies <- length(unique(d$price)) > 1
	terms <- c(names, if (nlevels(d$age) > 1) "age", if (varies) "price")
	if (length(terms) == 0)
		return(NULL)
	as_of <- d$as_of[1]
	source <- d$source[1]
	d <- add_up(d, c("brand", "condition", "catalog", "month", "age"))
	model <- fit_hazard(d, terms)
	dimnames(model$var) <- list(names(model$coefficients),
	    names(model$coefficients))
	model$slope <- if (varies) model$coefficients["price"] else 0
	model$widening <- widening(d)
	rows <- lapply(names, function(name) rows_of_factor(d, name, model))
	if (varies)
		rows <- c(rows, list(row_of_price(d, model)))
	cbind(source, do.call(rbind, rows), as_of,
	    method = "survreg, exponential in bands of age")
}

main <- function(file) {
	if (!requireNamespace("survival", quietly = TRUE))
		quit(status = 69)
	d <- read_rows(file)
	rows <- do.call(rbind, lapply(split(d, d$source), fit_source))
	if (is.null(rows))
		quit(status = 65)
	for (name in c("ratio", "low", "high"))
		rows[[name]] <- signif(rows[[name]], 6)
	for (name in c("level", "reference"))
		rows[[name]] <- gsub("[\r\n]", " ", rows[[name]])
	write.csv(rows, row.names = FALSE, na = "")
}

main(commandArgs(TRUE)[1])
