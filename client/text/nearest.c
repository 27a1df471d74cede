/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The word that somebody probably meant. Pure. */
#include "client/text/nearest.h"

#include <ctype.h>
#include <string.h>

#define LENGTH_MAX 32u

static int same_letter(char one, char other)
{
	return tolower((unsigned char)one) == tolower((unsigned char)other);
}

/* br7 is no slip for br0: numbers tell things apart. */
static unsigned cost_of(char one, char other)
{
	if (same_letter(one, other))
		return 0;
	return isdigit((unsigned char)one) || isdigit((unsigned char)other) ? 2 : 1;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Damerau's distance, in which neighbours that were swapped count once. */
static unsigned count_errors(const char *word, const char *other)
{
	unsigned rows[LENGTH_MAX + 1][LENGTH_MAX + 1];
	size_t length = strlen(word), other_length = strlen(other);

	if (length > LENGTH_MAX || other_length > LENGTH_MAX)
		return LENGTH_MAX;
	for (size_t i = 0; i <= length; i++)
		rows[i][0] = (unsigned)i;
	for (size_t k = 0; k <= other_length; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; i <= length; i++) {
		for (size_t k = 1; k <= other_length; k++) {
			unsigned cost = cost_of(word[i - 1], other[k - 1]);

			rows[i][k] = least(rows[i - 1][k - 1] + cost,
					   least(rows[i - 1][k], rows[i][k - 1]) + 1);
			if (i > 1 && k > 1 && same_letter(word[i - 1], other[k - 2]) &&
			    same_letter(word[i - 2], other[k - 1]))
				rows[i][k] = least(rows[i][k], rows[i - 2][k - 2] + 1);
		}
	}
	return rows[length][other_length];
}

const char *nearest_word(const char *word, const char *const candidates[], size_t count)
{
	/* One error in three letters, but never as many as would make any short word fit. */
	unsigned allowed = (unsigned)(strlen(word) + 2) / 3, best = allowed + 1;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned errors = count_errors(word, candidates[i]);

		if (errors < best && errors < strlen(candidates[i])) {
			best = errors;
			found = candidates[i];
		}
	}
	return found;
}
