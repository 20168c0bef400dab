extension ReportPage {
    /// Everything before the first heading. The page may load nothing: its policy says so.
    static let head = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="color-scheme" content="light dark"><title>Spend on models</title>
        <style>
        :root{--ink:#1c2024;--soft:#60646c;--line:#dfe1e6;--back:#fff;--card:#f6f7f9;
        --c0:#3e63dd;--c1:#e5484d;--c2:#30a46c;--c3:#f76b15;--c4:#8e4ec6;--c5:#00a2c7;--c6:#ad7f58;--c7:#8b8d98}
        @media (prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#a0a4ad;--line:#363a3f;--back:#111113;--card:#1b1d1f;
        --c0:#849dff;--c1:#ff9592;--c2:#3dd68c;--c3:#ffa057;--c4:#d19dff;--c5:#4ccce6;--c6:#dbb594;--c7:#b5b3ad}}
        body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        main{max-width:1000px;margin:0 auto;padding:24px}h1{margin:0}h2{font-size:17px;margin:28px 0 8px}
        .sub{color:var(--soft);margin:4px 0}.tiles{display:flex;flex-wrap:wrap;gap:12px;margin:18px 0}
        .tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px}
        .tiles b{display:block;font-size:20px}.tiles span{color:var(--soft)}
        svg{width:100%;height:auto;display:block}.grid{stroke:var(--line)}.axis{fill:var(--soft);font-size:11px}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:6px 0;font-size:13px}
        .legend i{display:inline-block;width:10px;height:10px;margin-right:6px;border-radius:2px}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}
        th,td{text-align:left;padding:4px 8px;border-bottom:1px solid var(--line)}.n{text-align:right;font-variant-numeric:tabular-nums}
        .c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}.c7{fill:var(--c7)}
        .b0{background:var(--c0)}.b1{background:var(--c1)}.b2{background:var(--c2)}.b3{background:var(--c3)}.b4{background:var(--c4)}.b5{background:var(--c5)}.b6{background:var(--c6)}.b7{background:var(--c7)}
        @media print{:root{--ink:#000;--soft:#444;--line:#bbb;--back:#fff;--card:#fff}main{max-width:none;padding:0}
        section{break-inside:avoid}svg,.legend i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        </style></head><body><main>

        """
}
