extension Schema {
    /// What reports for finance need beside the rows.
    ///
    /// `requests_retried` finds the few requests whose charge is spread over several attempts, and by that over several
    /// accounts, `attempts_estimated` has those that a provider's own figures may differ from.
    /// `cost_corrections` keeps what an attempt was charged with before `report recompute`: budget decisions were taken by it.
    ///
    /// `monthly_costs` holds the sums of `daily_costs` by month, its `day` the month's first: a report over a year reads a twentieth.
    /// `meta.months_before` is the day (since 1970-01-01) before which it is whole, the first of a month.
    ///
    /// `retried_costs` is by how much attempts differ from what `daily_costs` has of their requests (`RetriedRollup`); a later migration fills it.
    static let finance = """
        CREATE TABLE monthly_costs (
            day TEXT NOT NULL,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            key_id TEXT NOT NULL,
            project TEXT NOT NULL,
            model_requested TEXT NOT NULL,
            model_served TEXT NOT NULL,
            provider TEXT NOT NULL,
            operation TEXT NOT NULL,
            outcome TEXT NOT NULL,
            requests INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            estimated_requests INTEGER NOT NULL,
            unpriced_requests INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL,
            cache_write_1h_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            web_search_requests INTEGER NOT NULL,
            web_fetch_requests INTEGER NOT NULL,
            cost_nano_usd INTEGER NOT NULL,
            PRIMARY KEY (day, user, team, key_id, project, model_requested, model_served, provider, operation, outcome)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO monthly_costs SELECT substr(day, 1, 8) || '01', user, team, key_id, project, model_requested,
            model_served, provider, operation, outcome, sum(requests), sum(errors), sum(estimated_requests),
            sum(unpriced_requests), sum(input_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
            sum(cache_read_tokens), sum(output_tokens), sum(web_search_requests), sum(web_fetch_requests),
            sum(cost_nano_usd)
        FROM daily_costs WHERE day < (SELECT substr(max(day), 1, 8) || '01' FROM daily_costs)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
        INSERT INTO meta (name, value) SELECT '\(MonthlyRollup.mark)',
            ifnull(CAST(strftime('%s', substr(max(day), 1, 8) || '01') AS INTEGER) / 86400, 0) FROM daily_costs;

        CREATE INDEX requests_retried ON requests (id) WHERE attempts > 1;
        CREATE INDEX attempts_estimated ON attempts (request_id, provider, model, input_tokens, cache_write_5m_tokens,
            cache_write_1h_tokens, cache_read_tokens, output_tokens, web_search_requests, web_fetch_requests, cost_nano_usd,
            estimated) WHERE estimated = 1;

        CREATE TABLE retried_costs (
            day TEXT NOT NULL,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            key_id TEXT NOT NULL,
            project TEXT NOT NULL,
            model_served TEXT NOT NULL,
            provider TEXT NOT NULL,
            requests INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            estimated_requests INTEGER NOT NULL,
            unpriced_requests INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL,
            cache_write_1h_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            web_search_requests INTEGER NOT NULL,
            web_fetch_requests INTEGER NOT NULL,
            cost_nano_usd INTEGER NOT NULL,
            PRIMARY KEY (day, user, team, key_id, project, model_served, provider)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE cost_corrections (
            request_id INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            at INTEGER NOT NULL,
            old_cost_nano_usd INTEGER NOT NULL,
            new_cost_nano_usd INTEGER NOT NULL,
            old_price_version TEXT,
            new_price_version TEXT,
            PRIMARY KEY (request_id, ordinal, at)
        ) STRICT, WITHOUT ROWID;
        """
}
