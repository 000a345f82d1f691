"""The questions of the KPI suite, asked of DuckDB, SQLite and pandas as somebody who knows them would ask.

Tables are normalised, with integer keys and the indexes that help; money is DECIMAL in DuckDB and whole ten-thousandths of the
currency in SQLite and pandas. Every question has the columns it is compared by, in the order they come.
"""

import sqlite3
from decimal import Decimal

SCALE = 10_000

# Columns: s text, i integer, m money, f ratio or mean, d text that stands for a period.
QUESTIONS = {
    "revenue-by-month": (("month", "d"), ("orders", "i"), ("units", "i"), ("revenue", "m")),
    "net-revenue-by-month": (("month", "d"), ("gross", "m"), ("returns", "m"), ("net", "m")),
    "average-order-value": (("orders", "i"), ("revenue", "m"), ("averageOrderValue", "f"), ("linesPerOrder", "f")),
    "revenue-by-country": (("country", "s"), ("orders", "i"), ("revenue", "m"), ("share", "f")),
    "revenue-by-channel": (("channel", "s"), ("orders", "i"), ("revenue", "m"), ("share", "f")),
    "revenue-by-category": (("category", "s"), ("products", "i"), ("lines", "i"), ("units", "i"), ("revenue", "m")),
    "revenue-by-weekday-and-hour": (("slot", "i"), ("orders", "i"), ("revenue", "m")),
    "top-products": (("productId", "s"), ("name", "s"), ("units", "i"), ("revenue", "m"), ("share", "f")),
    "top-customers": (("customerId", "s"), ("orders", "i"), ("units", "i"), ("revenue", "m")),
    "repeat-purchase-rate": (("customers", "i"), ("repeatCustomers", "i"), ("rate", "f")),
    "items-per-order": (("items", "s"), ("orders", "i"), ("totalItems", "i"), ("revenue", "m")),
    "orders-by-status": (("status", "s"), ("orders", "i"), ("share", "f")),
    "delivery-days": (("group", "d"), ("orders", "i"), ("meanDays", "f"), ("medianDays", "f"), ("p90Days", "f")),
    "review-scores-by-month": (("month", "d"), ("reviews", "i"), ("meanScore", "f"), ("score1", "i"), ("score5", "i")),
    "product-pairs": (("productA", "s"), ("productB", "s"), ("orders", "i"), ("lift", "f")),
}

# What one order comes to, counted lines only.
SOLD = """sold AS (
    SELECT order_key, count(*) AS n, sum(quantity) AS units, sum(quantity * unit_price) AS revenue
    FROM items WHERE quantity > 0 AND unit_price > 0 GROUP BY order_key)"""


def statements(duck):
    """The SQL of every question, in DuckDB's dialect or SQLite's."""
    month = (lambda c: f"date_trunc('month', {c})") if duck else (lambda c: f"substr({c}, 1, 7)")
    slot = (
        "(isodow(ordered_at) - 1) * 24 + hour(ordered_at)"
        if duck
        else "((CAST(strftime('%w', ordered_at) AS INTEGER) + 6) % 7) * 24 + CAST(substr(ordered_at, 12, 2) AS INTEGER)"
    )
    days = (
        "epoch_ms(delivered_at) / 86400000.0 - epoch_ms(ordered_at) / 86400000.0"
        if duck
        else "julianday(delivered_at) - julianday(ordered_at)"
    )
    if duck:
        delivery = f"""SELECT {month('ordered_at')}, count(*), avg(d), quantile_cont(d, 0.5), quantile_cont(d, 0.9)
            FROM (SELECT ordered_at, {days} AS d FROM orders
                  WHERE kind = 'sale' AND status = 'delivered' AND delivered_at IS NOT NULL) AS delivered GROUP BY 1"""
    else:
        delivery = f"""
            WITH delivered AS (
                SELECT {month('ordered_at')} AS m, {days} AS d FROM orders
                WHERE kind = 'sale' AND status = 'delivered' AND delivered_at IS NOT NULL),
            ranked AS (
                SELECT m, d, row_number() OVER (PARTITION BY m ORDER BY d) - 1 AS r, count(*) OVER (PARTITION BY m) AS n
                FROM delivered),
            at AS (SELECT m, d, r, n, 0.5 * (n - 1) AS h, 0.9 * (n - 1) AS q FROM ranked)
            SELECT m, n, avg(d),
                sum(d * max(0, 1 - abs(r - h))), sum(d * max(0, 1 - abs(r - q)))
            FROM at GROUP BY m, n"""
    text = "CAST({} AS VARCHAR)" if duck else "CAST({} AS TEXT)"
    return {
        "revenue-by-month": f"""WITH {SOLD}
            SELECT {month('ordered_at')}, count(*), sum(units), sum(revenue)
            FROM orders JOIN sold USING (order_key) WHERE kind = 'sale' GROUP BY 1""",
        "net-revenue-by-month": f"""
            WITH amounts AS (
                SELECT order_key,
                    sum(CASE WHEN quantity > 0 AND unit_price > 0 THEN quantity * unit_price ELSE 0 END) AS gross,
                    sum(quantity * unit_price) AS whole,
                    sum(CASE WHEN quantity > 0 AND unit_price > 0 THEN 1 ELSE 0 END) AS n
                FROM items GROUP BY order_key)
            SELECT {month('ordered_at')}, sum(CASE WHEN kind = 'sale' THEN gross ELSE 0 END),
                sum(CASE WHEN kind = 'return' THEN whole ELSE 0 END),
                sum(CASE WHEN kind = 'sale' THEN gross ELSE whole END)
            FROM orders JOIN amounts USING (order_key) WHERE kind = 'return' OR (kind = 'sale' AND n > 0) GROUP BY 1""",
        "average-order-value": f"""WITH {SOLD}
            SELECT count(*), sum(revenue), 1e0 * sum(revenue) / count(*), 1e0 * sum(n) / count(*)
            FROM orders JOIN sold USING (order_key) WHERE kind = 'sale'""",
        "revenue-by-country": f"""WITH {SOLD}, groups AS (
                SELECT country, count(*) AS n, sum(revenue) AS revenue
                FROM orders JOIN sold USING (order_key) WHERE kind = 'sale' GROUP BY country)
            SELECT country, n, revenue, 1e0 * revenue / (SELECT sum(revenue) FROM groups) FROM groups""",
        "revenue-by-channel": f"""WITH {SOLD}, groups AS (
                SELECT channel, count(*) AS n, sum(revenue) AS revenue
                FROM orders JOIN sold USING (order_key) WHERE kind = 'sale' GROUP BY channel)
            SELECT channel, n, revenue, 1e0 * revenue / (SELECT sum(revenue) FROM groups) FROM groups""",
        "revenue-by-category": """
            WITH goods AS (
                SELECT product_key, count(*) AS n, sum(quantity) AS units, sum(quantity * unit_price) AS revenue
                FROM orders JOIN items USING (order_key)
                WHERE kind = 'sale' AND quantity > 0 AND unit_price > 0 GROUP BY product_key)
            SELECT category, count(*), sum(n), sum(units), sum(revenue)
            FROM goods LEFT JOIN products USING (product_key) GROUP BY category""",
        "revenue-by-weekday-and-hour": f"""WITH {SOLD}
            SELECT {slot}, count(*), sum(revenue)
            FROM orders JOIN sold USING (order_key) WHERE kind = 'sale' GROUP BY 1""",
        "top-products": """
            WITH goods AS (
                SELECT product_key, sum(quantity) AS units, sum(quantity * unit_price) AS revenue
                FROM orders JOIN items USING (order_key)
                WHERE kind = 'sale' AND quantity > 0 AND unit_price > 0 GROUP BY product_key)
            SELECT product_id, name, units, revenue, 1e0 * revenue / (SELECT sum(revenue) FROM goods)
            FROM goods JOIN products USING (product_key) ORDER BY revenue DESC, product_id LIMIT 10""",
        "top-customers": f"""WITH {SOLD}
            SELECT customer_id, count(*), sum(units), sum(revenue) AS r
            FROM orders JOIN sold USING (order_key) WHERE kind = 'sale' AND customer_id IS NOT NULL
            GROUP BY customer_id ORDER BY r DESC, customer_id LIMIT 10""",
        "repeat-purchase-rate": """
            WITH buyers AS (
                SELECT customer_id, count(*) AS n FROM orders
                WHERE kind = 'sale' AND customer_id IS NOT NULL
                  AND order_key IN (SELECT order_key FROM items WHERE quantity > 0 AND unit_price > 0)
                GROUP BY customer_id)
            SELECT count(*), sum(CASE WHEN n > 1 THEN 1 ELSE 0 END), 1e0 * sum(CASE WHEN n > 1 THEN 1 ELSE 0 END) / count(*)
            FROM buyers""",
        "items-per-order": f"""WITH {SOLD}
            SELECT CASE WHEN units > UPTO THEN '{{}} or more' ELSE {text.format('units')} END, count(*), sum(units), sum(revenue)
            FROM orders JOIN sold USING (order_key) WHERE kind = 'sale' GROUP BY 1""",
        "orders-by-status": """
            WITH groups AS (SELECT status, count(*) AS n FROM orders WHERE kind = 'sale' GROUP BY status)
            SELECT status, n, 1e0 * n / (SELECT sum(n) FROM groups) FROM groups""",
        "delivery-days": delivery,
        "review-scores-by-month": f"""
            SELECT {month('created_at')}, count(*), avg(score), sum(CASE WHEN score = 1 THEN 1 ELSE 0 END),
                sum(CASE WHEN score = 5 THEN 1 ELSE 0 END) FROM reviews GROUP BY 1""",
        "product-pairs": """
            WITH baskets AS (
                SELECT DISTINCT order_key, product_key FROM orders JOIN items USING (order_key)
                WHERE kind = 'sale' AND quantity > 0 AND unit_price > 0),
            frequent AS (SELECT product_key, count(*) AS n FROM baskets GROUP BY product_key HAVING count(*) >= 10),
            kept AS (SELECT order_key, product_key FROM baskets JOIN frequent USING (product_key)),
            pairs AS (
                SELECT a.product_key AS a, b.product_key AS b, count(*) AS n
                FROM kept AS a JOIN kept AS b ON a.order_key = b.order_key AND a.product_key < b.product_key
                GROUP BY a.product_key, b.product_key HAVING count(*) >= 10),
            counted AS (SELECT count(DISTINCT order_key) AS n FROM baskets)
            SELECT p.product_id, q.product_id, pairs.n, 1e0 * pairs.n * counted.n / (f.n * g.n) AS lift
            FROM pairs JOIN products AS p ON p.product_key = pairs.a JOIN products AS q ON q.product_key = pairs.b
                JOIN frequent AS f ON f.product_key = pairs.a JOIN frequent AS g ON g.product_key = pairs.b, counted
            ORDER BY pairs.n DESC, p.product_id, q.product_id LIMIT 20""",
    }


def with_limit(sql, up_to):
    return sql.replace("UPTO", str(up_to)).replace("{}", str(up_to + 1))


class DuckDB:
    name = "duckdb"

    def __init__(self, folder, threads=1):
        import duckdb

        self.db = duckdb.connect()
        self.db.execute(f"SET threads = {threads}")
        self.db.execute("SET preserve_insertion_order = true")
        at = """'STRUCT("$date" VARCHAR)'"""
        delivery = """'STRUCT(deliveredAt STRUCT("$date" VARCHAR))'"""
        items = """'STRUCT(productId VARCHAR, quantity BIGINT, unitPrice STRUCT("$numberDecimal" VARCHAR))[]'"""

        def read(name, columns):
            file = f"{folder}/{name}.ndjson"
            return f"read_json('{file}', format = 'newline_delimited', columns = {{{columns}}})"

        orders = read(
            "orders",
            "_id: 'VARCHAR', kind: 'VARCHAR', status: 'VARCHAR', channel: 'VARCHAR', country: 'VARCHAR', "
            f"customerId: 'VARCHAR', orderedAt: {at}, delivery: {delivery}, items: {items}",
        )
        products = read("products", "_id: 'VARCHAR', name: 'VARCHAR', category: 'VARCHAR'")
        reviews = read("reviews", f"_id: 'VARCHAR', score: 'INTEGER', createdAt: {at}")
        self.db.execute(
            f"""
            CREATE TABLE raw AS SELECT row_number() OVER (ORDER BY orderedAt."$date", _id) AS order_key, * FROM {orders};
            CREATE TABLE orders AS SELECT order_key::INTEGER AS order_key, _id AS order_id, kind, status, channel, country,
                customerId AS customer_id, CAST(orderedAt."$date" AS TIMESTAMP) AS ordered_at,
                CAST(delivery.deliveredAt."$date" AS TIMESTAMP) AS delivered_at FROM raw ORDER BY order_key;
            CREATE TABLE products AS SELECT row_number() OVER (ORDER BY _id)::INTEGER AS product_key, _id AS product_id, name,
                category FROM {products};
            CREATE TABLE reviews AS SELECT _id AS review_id, score, CAST(createdAt."$date" AS TIMESTAMP) AS created_at
                FROM {reviews};
            CREATE TABLE items AS SELECT order_key::INTEGER AS order_key, product_key, item.quantity AS quantity,
                CAST(item.unitPrice."$numberDecimal" AS DECIMAL(18,4)) AS unit_price
                FROM (SELECT order_key, unnest(items) AS item FROM raw) JOIN products ON product_id = item.productId
                ORDER BY order_key;
            DROP TABLE raw;
            """
        )
        self.sql = statements(duck=True)

    def ask(self, question, up_to):
        return self.db.execute(with_limit(self.sql[question], up_to)).fetchall()

    @staticmethod
    def cell(kind, value):
        return value.strftime("%Y-%m") if kind == "d" else value


class SQLite:
    name = "sqlite"

    def __init__(self, duck):
        self.db = sqlite3.connect(":memory:")
        self.db.execute("PRAGMA cache_size = -1048576")
        self.db.executescript(
            """
            CREATE TABLE orders(order_key INTEGER PRIMARY KEY, order_id TEXT, kind TEXT, status TEXT, channel TEXT,
                country TEXT, customer_id TEXT, ordered_at TEXT, delivered_at TEXT);
            CREATE TABLE products(product_key INTEGER PRIMARY KEY, product_id TEXT, name TEXT, category TEXT);
            CREATE TABLE reviews(review_id TEXT, score INTEGER, created_at TEXT);
            CREATE TABLE items(order_key INTEGER, product_key INTEGER, quantity INTEGER, unit_price INTEGER);
            """
        )
        copy = {
            "orders": "SELECT order_key, order_id, kind, status, channel, country, customer_id, ordered_at::VARCHAR, "
            "delivered_at::VARCHAR FROM orders ORDER BY order_key",
            "products": "SELECT product_key, product_id, name, category FROM products ORDER BY product_key",
            "reviews": "SELECT review_id, score, created_at::VARCHAR FROM reviews",
            "items": f"SELECT order_key, product_key, quantity, (unit_price * {SCALE})::BIGINT FROM items",
        }
        for table, query in copy.items():
            rows = duck.db.execute(query).fetchall()
            if rows:
                self.db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        self.db.executescript(
            """
            CREATE INDEX items_order ON items(order_key, quantity, unit_price);
            CREATE INDEX items_product ON items(product_key);
            CREATE INDEX orders_kind ON orders(kind, ordered_at);
            ANALYZE;
            """
        )
        self.sql = statements(duck=False)

    def ask(self, question, up_to):
        return self.db.execute(with_limit(self.sql[question], up_to)).fetchall()

    @staticmethod
    def cell(kind, value):
        return Decimal(value) / SCALE if kind == "m" else value


class Pandas:
    name = "pandas"

    def __init__(self, duck):
        frame = lambda query: duck.db.execute(query).df()
        self.orders = frame("SELECT * EXCLUDE (order_id) FROM orders ORDER BY order_key")
        for name in ("kind", "status", "channel", "country", "customer_id"):
            self.orders[name] = self.orders[name].astype("category")
        self.products = frame("SELECT * FROM products ORDER BY product_key").set_index("product_key")
        self.products["category"] = self.products["category"].astype("category")
        self.items = frame(f"SELECT order_key, product_key, quantity, (unit_price * {SCALE})::BIGINT AS price FROM items")
        self.reviews = frame("SELECT score, created_at FROM reviews")

    def lines(self):
        return self.items[(self.items.quantity > 0) & (self.items.price > 0)]

    def sold(self):
        """Sale orders with what their counted lines come to."""
        lines = self.lines()
        totals = lines.assign(revenue=lines.quantity * lines.price).groupby("order_key").agg(
            n=("quantity", "size"), units=("quantity", "sum"), revenue=("revenue", "sum"))
        return self.orders[self.orders.kind == "sale"].join(totals, on="order_key", how="inner")

    def goods(self):
        lines = self.lines()
        sales = self.orders.order_key[self.orders.kind == "sale"]
        lines = lines[lines.order_key.isin(sales)]
        return lines.assign(revenue=lines.quantity * lines.price).groupby("product_key").agg(
            n=("quantity", "size"), units=("quantity", "sum"), revenue=("revenue", "sum"))

    def ask(self, question, up_to):
        return getattr(self, question.replace("-", "_"))(up_to)

    def revenue_by_month(self, _):
        sold = self.sold()
        groups = sold.groupby(sold.ordered_at.dt.to_period("M"))
        return rows(groups.agg(orders=("units", "size"), units=("units", "sum"), revenue=("revenue", "sum")))

    def net_revenue_by_month(self, _):
        counted = (self.items.quantity > 0) & (self.items.price > 0)
        amount = self.items.quantity * self.items.price
        totals = self.items.assign(gross=amount.where(counted, 0), whole=amount, n=counted).groupby("order_key").agg(
            gross=("gross", "sum"), whole=("whole", "sum"), n=("n", "sum"))
        orders = self.orders[self.orders.kind.isin(["sale", "return"])].join(totals, on="order_key", how="inner")
        sale = orders.kind == "sale"
        orders = orders[~sale | (orders.n > 0)]
        sale = orders.kind == "sale"
        orders = orders.assign(gross=orders.gross.where(sale, 0), returns=orders.whole.where(~sale, 0))
        groups = orders.groupby(orders.ordered_at.dt.to_period("M")).agg(gross=("gross", "sum"), returns=("returns", "sum"))
        return rows(groups.assign(net=groups.gross + groups.returns))

    def average_order_value(self, _):
        sold = self.sold()
        n, revenue = len(sold), int(sold.revenue.sum())
        return [(n, revenue, revenue / n, int(sold.n.sum()) / n)]

    def by(self, column):
        sold = self.sold()
        groups = sold.groupby(column, dropna=False, observed=True).agg(n=("units", "size"), revenue=("revenue", "sum"))
        return rows(groups.assign(share=groups.revenue / groups.revenue.sum()))

    def revenue_by_country(self, _):
        return self.by("country")

    def revenue_by_channel(self, _):
        return self.by("channel")

    def revenue_by_category(self, _):
        goods = self.goods().join(self.products[["category"]])
        return rows(goods.groupby("category", dropna=False, observed=True).agg(
            products=("n", "size"), n=("n", "sum"), units=("units", "sum"), revenue=("revenue", "sum")))

    def revenue_by_weekday_and_hour(self, _):
        sold = self.sold()
        slot = sold.ordered_at.dt.dayofweek * 24 + sold.ordered_at.dt.hour
        return rows(sold.groupby(slot).agg(n=("units", "size"), revenue=("revenue", "sum")))

    def top_products(self, _):
        goods = self.goods().join(self.products[["product_id", "name"]])
        top = goods.sort_values(["revenue", "product_id"], ascending=[False, True]).head(10)
        share = top.revenue / goods.revenue.sum()
        return list(zip(top.product_id, top.name, top.units, top.revenue, share))

    def top_customers(self, _):
        groups = self.sold().groupby("customer_id", observed=True).agg(
            n=("units", "size"), units=("units", "sum"), revenue=("revenue", "sum")).reset_index()
        groups["customer_id"] = groups.customer_id.astype(str)
        top = groups.sort_values(["revenue", "customer_id"], ascending=[False, True]).head(10)
        return list(top.itertuples(index=False, name=None))

    def repeat_purchase_rate(self, _):
        keys = self.lines().order_key.unique()
        orders = self.orders[(self.orders.kind == "sale") & self.orders.order_key.isin(keys)]
        counts = orders.customer_id.value_counts()
        counts = counts[counts > 0]
        repeat = int((counts > 1).sum())
        return [(len(counts), repeat, repeat / len(counts))]

    def items_per_order(self, up_to):
        sold = self.sold()
        groups = sold.groupby(sold.units.clip(upper=up_to + 1)).agg(
            n=("units", "size"), units=("units", "sum"), revenue=("revenue", "sum"))
        name = lambda units: f"{up_to + 1} or more" if units > up_to else str(units)
        return [(name(row[0]), *row[1:]) for row in rows(groups)]

    def orders_by_status(self, _):
        counts = self.orders.status[self.orders.kind == "sale"].value_counts()
        counts = counts[counts > 0]
        return list(zip(counts.index, counts, counts / counts.sum()))

    def delivery_days(self, _):
        orders = self.orders
        orders = orders[(orders.kind == "sale") & (orders.status == "delivered") & orders.delivered_at.notna()]
        if orders.empty:
            return []
        days = (orders.delivered_at - orders.ordered_at).dt.total_seconds() / 86400
        groups = days.groupby(orders.ordered_at.dt.to_period("M"))
        import pandas as pd

        return rows(pd.DataFrame({"n": groups.size(), "mean": groups.mean(), "p50": groups.quantile(0.5), "p90": groups.quantile(0.9)}))

    def review_scores_by_month(self, _):
        reviews = self.reviews
        if reviews.empty:
            return []
        groups = reviews.assign(one=reviews.score == 1, five=reviews.score == 5).groupby(reviews.created_at.dt.to_period("M"))
        return rows(groups.agg(n=("score", "size"), mean=("score", "mean"), one=("one", "sum"), five=("five", "sum")))

    def product_pairs(self, _):
        import pandas as pd

        sales = self.orders.order_key[self.orders.kind == "sale"]
        lines = self.lines()
        baskets = lines[lines.order_key.isin(sales)][["order_key", "product_key"]].drop_duplicates()
        total = baskets.order_key.nunique()
        counts = baskets.product_key.value_counts()
        kept = baskets[baskets.product_key.isin(counts.index[counts >= 10])]
        # Order by order in slices, or the pairs of everything would be in memory at once.
        found = []
        edges = kept.order_key.quantile([i / 8 for i in range(9)], interpolation="higher").to_list()
        for low, high in zip([-1] + edges[1:-1], edges[1:]):
            part = kept[(kept.order_key > low) & (kept.order_key <= high)]
            pairs = part.merge(part, on="order_key")
            pairs = pairs[pairs.product_key_x < pairs.product_key_y]
            found.append(pairs.groupby(["product_key_x", "product_key_y"]).size())
        pairs = pd.concat(found).groupby(level=[0, 1]).sum().rename("n").reset_index()
        pairs = pairs[pairs.n >= 10]
        pairs["a"] = self.products.product_id.reindex(pairs.product_key_x).to_numpy()
        pairs["b"] = self.products.product_id.reindex(pairs.product_key_y).to_numpy()
        top = pairs.sort_values(["n", "a", "b"], ascending=[False, True, True]).head(20)
        lift = top.n * total / (counts.reindex(top.product_key_x).to_numpy() * counts.reindex(top.product_key_y).to_numpy())
        return list(zip(top.a, top.b, top.n, lift))

    @staticmethod
    def cell(kind, value):
        if kind == "m":
            return Decimal(int(value)) / SCALE
        if kind == "d":
            return str(value)
        return None if value != value else value


def rows(frame):
    return list(frame.itertuples(name=None))
