// Written by Tests/EndToEnd/make_token_samples.py with PyJWT and cryptography; keys and tokens of nobody.

/// A key set and tokens signed with its keys, or with others that pretend.
enum TokenSamples {
    /// RS256 is `r1`, ES256 `e1`, EdDSA `d1`.
    static let keySet = #"""
        {"keys": [{"kty": "RSA", "kid": "r1", "use": "sig", "n": "4DH2x3kiAXcVPbq3fcPNcitIIv7sPIeTewlJYK\#
        n0F8DmLQYkYjIzeAfZqqS--aTwoPgskcFZhD2oNT0hhWRjKv_TuZc04CVSoOPfX4FtHwofAKzov_nbio0QO-wKyI824cFcF2\#
        EWPIGXXuOdlJzbffPSqbrQn1isMlOJrZse8Gv3-RSvXftJ864r-E7lucgMXYs-E54icZznWk3Cl2K-C8w7jKqUlhdKYj6W_F\#
        xXY3Uid7MAep6a_WssjEb328lF4gLXrMegZ8maLOgQOEmyum_dp15k5-83FQBSzwvdQ5CAmaeCylYYS24sw0wwBXmoxTaN78\#
        fLr5hUnQtlEjJf5Q", "e": "AQAB"}, {"kty": "EC", "kid": "e1", "use": "sig", "crv": "P-256", "x": "\#
        RbiP5vIm_Y8qsz1AzjvLIur1BGEHvVuu1lnHryjgsz0", "y": "ioWzc11ddGXPmnZ-P-gvSXLhFthDXBQ3dEjNzgwERWc"\#
        }, {"kty": "OKP", "kid": "d1", "use": "sig", "crv": "Ed25519", "x": "0VMKnjwVf566cqH7wV7kmyCf9ed\#
        QfnJGcg0mhveb3ck"}]}
        """#

    /// RSA with 1,024 bits, P-384 and secp256k1.
    static let weakKeySet = #"""
        {"keys": [{"kty": "RSA", "kid": "s1", "use": "sig", "n": "yUeWdEcb4GjALKJPyR5QyWdWiYoVrm2obfR93v\#
        b2vnnD4OoB7auAYMjcDHM1VBN9KfvX1sgx-ydqDqDO6Q600TMI1ZCrj3C-nZzcow4hLSpvQpAGHMhJ5OW3mYTSFoQ31EDqjv\#
        DsHNJ-aZrnb3UYNd1Jsuu1yh5bD4R2uYPru9E", "e": "AQAB"}, {"kty": "EC", "kid": "e1", "use": "sig", "\#
        crv": "P-384", "x": "YfJsfeMGTDGdx_Sk1Hs_DnH9R783oUKxaIM6bOjc50Z7IneRPYpBIvj5Yz6SxIhJ", "y": "yz\#
        gRM1rIyphzoeyJaKv89Izty63KDGw6lgalPHQAmZeWE1-GdHM5dixTg1gn1fLc"}, {"kty": "EC", "kid": "e1", "us\#
        e": "sig", "crv": "secp256k1", "x": "FFiN63qK9MNHjA5KFns99rP3OrOUzykpt54cUiMvYBQ", "y": "moIwyR-\#
        9GKD-OVXDQeC_2nUjciA92osPt-VPce_pd_M"}]}
        """#

    /// By algorithm.
    static let good: [(name: String, token: String)] = [
        (
            "RS256",
            #"""
            eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlL3JlYWxt\#
            IiwiYXVkIjoidG9sbGdhdGUiLCJzdWIiOiJkb3JhIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.HjnbQTM\#
            Dlq9FVskl2W1bM9U8vB3XSk3sIq8Xnn75-yamneNTqrh_UovRFces8-cReVTn0_6Xeeo6lS5s10CwZqlACNwrVSODH4tJtSx\#
            iF1PntzCOaNsNtsEYeLghSTXJN686E9KikF60o9qRI6SQTSmdjP663H0X-YgP2a04JD31KvPfoi00SKOhrnYgB5W5zutt4v4\#
            kzMS2G4jJr36gq9vqjbyYM-EsMDeBy-tQNapEatPTUN9tiHU4CLDzC7FqDWB0HewBQTXymXVAn6v9QAp8RgRZLq4LL_xMSI8\#
            Q2_v1pVOJ-GuKcZNGvIOpFFfEze0V10G56jtvNdDFIINwdA
            """#
        ),
        (
            "ES256",
            #"""
            eyJhbGciOiJFUzI1NiIsImtpZCI6ImUxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlL3JlYWxt\#
            IiwiYXVkIjoidG9sbGdhdGUiLCJzdWIiOiJkb3JhIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.ZTaOnR0\#
            X_bX70Aciytup1IBoIR1svdNQ4FDdJX2ZcuRKt_VTOAue-SZDTPFTO5zFZ455OWfusWDMUPRCS7DVJw
            """#
        ),
        (
            "EdDSA",
            #"""
            eyJhbGciOiJFZERTQSIsImtpZCI6ImQxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlL3JlYWxt\#
            IiwiYXVkIjoidG9sbGdhdGUiLCJzdWIiOiJkb3JhIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.7Sp1Ml9\#
            JVyhKqdtw8FQHj4KdE8SmF0JEB_Bio9QdfNarcwLSX8lKXRRSj4T9Z2jcC0Z-Uxcdq7i26z7iFsSzDg
            """#
        ),
    ]

    /// None may be taken.
    static let bad: [(name: String, token: String)] = [
        (
            "RS256 by a stranger with the key's name",
            #"""
            eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlL3JlYWxt\#
            IiwiYXVkIjoidG9sbGdhdGUiLCJzdWIiOiJkb3JhIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.B9p6qFu\#
            IgY86_UQvLne1KhPDXb6_VEOVP2H8pYlETdBifsGuGGrP77_7D2aWZXWHrO4gGuwsYEog4il6O2ZE3NoX8hl0mK0Jvv6SpHR\#
            eT6RmJyalJyjUu58enU3cb2CKsrgrdY6r0ihTHP6ztPUOZ0z5WU6r4QR2lIIDlr08pl2SmQnl_rKyXEtJtQTz4Grr9RuHlPc\#
            gke8mpG4zG80fHtJphWjXdh6-Hki8ikYmCALMy8hAZxp998dC8RbbU16Now_A_i2Mh9y7V_1m6_yfamOlF8M_lRY545vEJHu\#
            r1Oc_kCU-knHS9IfMVG6ZIiq0O_aAmSfCet3pN_I_GKGYzw
            """#
        ),
        (
            "ES256 by a stranger with the key's name",
            #"""
            eyJhbGciOiJFUzI1NiIsImtpZCI6ImUxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlL3JlYWxt\#
            IiwiYXVkIjoidG9sbGdhdGUiLCJzdWIiOiJkb3JhIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.JLJnxm_\#
            mJxF7D7ArufDg6tC3XSl4tNbcUC688t3AXBxBxwnMuAK-_ftwErOlMkR5Vj3b_cba5pPU1ZeWcBLy3Q
            """#
        ),
        (
            "EdDSA by a stranger with the key's name",
            #"""
            eyJhbGciOiJFZERTQSIsImtpZCI6ImQxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlL3JlYWxt\#
            IiwiYXVkIjoidG9sbGdhdGUiLCJzdWIiOiJkb3JhIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.lG_TVkK\#
            AlCWC8BMMQfuVF4apZSgUXLeR247iAd9gf6yw-1K8q1oowMFJz6N6F_qk1xQjHF74_YGZMyuzC5ZFDA
            """#
        ),
        (
            "ES256 with the signature in DER",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.MEYCIQCLfBp8t23Z2VRNuFHbw7V25tPGvYucR-rjEvgLxx_YsAIhANhfgQSR9uRg0VNzmGnrAsXXBJ9xwXtz\#
            dsggdC9X5erR
            """#
        ),
        (
            "ES256 with r and s changed over",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.vJHxoUHlNJtpHZLtIj-LRW3ImgDvWO3RKVoUHpVmZExmx1UPWlSUYsRkmA9f6Oqt6aNz204BtV5ZN0O5NUCc\#
            ag
            """#
        ),
        (
            "ES256 with SHA-384",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.aQO_rnFmtEHnyy-_y0UTiyb0757bjA8vv19hysdBPGWXUiPAT9BUMTilkmj7FecFM50RStLUpQDJR1M65AqA\#
            ig
            """#
        ),
        (
            "ES256 signed on P-384",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.hhe4R9nc_2ZD2EfJ5nAJRawEOMN5mXiGv-SH_SNr_TZwtskdeACuF8UxJR6VxorZNmtic2DqiwXx4CDd01t9\#
            56GAUzLKb0kZ8zUjtPWWcYAGmQkJIVt_Pz1SYvtgI2yu
            """#
        ),
        (
            "ES256 signed on secp256k1",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.kLjIhuW0JByY-Y1ZLE_w1dCOestxArvw3Yxg1EkUBnlydQgDuqlj_9YZOll286BrMek7pYuGtAn4jUnIuLrZ\#
            UA
            """#
        ),
        (
            "ES256 that names the RSA key",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiIsICJraWQiOiAicjEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.BCCl2gBtGBBlQnFGGFalbDwXeULF_i7JA0SKhg_B43iiFMwyXSB-yb_l58aD4n8xi8AgYacD9IM5LdAYuVj9\#
            PA
            """#
        ),
        (
            "ES384 with the P-256 key",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzM4NCIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.U2XniJzqatb3sDOwazEaBRN3bLSSmr2RWzIhbpIgRw28gAtju8YWCBndiBHyNB-0UE8mUw3COSBvVOAKhlIz\#
            wQ
            """#
        ),
        (
            "RS256 with PSS",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1NiIsICJraWQiOiAicjEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.D2JxqDwl0aeAGQP2S8XSG5NkDzLKnIKhX8HfmVh-w1RNjmqQuenjtaZtgKNg7EZhgGpWmjw0ffGt7ITeTczb\#
            xub8Bb9y9MWnwUOoQ-8SsPXfusyLzCeIrQ4fe55bJa3EsYZoaKfoHswO8TcJPN3M8pLlVuUZ2PSNJWF1JSmWE08ooGDRpzRK\#
            PzhFNT2h8ezxoMobHLzkggbjfxFQRs05cePWzxzIfG1Bf9HAXznQelqQpmCyLN3nRke2_3bzYZ6Fx3LPxlILvM_Q_Q6Lp60D\#
            nrlu05o4cw2_IbKr45Gtx9j_RxEoaH6MIKN835PNS1PGCrwAs9iyq0A3hTU6wALvsA
            """#
        ),
        (
            "RS256 with SHA-1",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1NiIsICJraWQiOiAicjEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.ZEen2NdahHK0e33Q2BTmoEbwuH508GWcc9Cl5rZ0UUaM6uxxeLZg-SpTwyNN9wL5Dx48fOuerQlZifPZZjrq\#
            DMyDULX4lmvIGFVwL049EWuae_21Y_EChl_3QsGYA6qMTmHsE_ag6p9byMUOEZxGay00LT0SKo-XfK3GtY5zuRqeeTFcmDb_\#
            -R6ywTGKERUP9EQkUQexrJg9HQIBbP1roaf4XTjmSvd_Zz6QMPa76MfteGpi-ca_20DC-GEsJQDFh_72NEafnZKLhibVNbsF\#
            vlIl7PAk23cECaZ2xA-VqUnN0w5QYBkSnIzAT8wNyB-25LuIMfLZwvrO7PWbJg32Dg
            """#
        ),
        (
            "RS256 with SHA-512",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1NiIsICJraWQiOiAicjEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.Mb24UizT6FX165JdRW4S8hQb1KmXC-nP3R6V9Uv6eyIaEPVLImx9EyiE8SfVkRR9iwWgBhCdjDSPdZb-uzsj\#
            dISbX8r9ukvnR8OWSlXLZAAwMtZi7MD1Vlk8ssNtf-Ff3uTQNdy6QrRRsCqv2Y_32W-aYymOq6PEcWHLjrXlNy-2grQx6CTA\#
            qC7m0Zy-NF_4FLKIz1VNrhBaqBBoTkTGOpTiyVHyAN961KJwLhoH4eG5iQEpA7pxXL4_aktFxXAnOOXPsloyOpd85bFnJOJ4\#
            RQcIx3QIeamHNZeZlLmTArjXNRdngZcTynsH-sxchQkAWcqnKnC1bumr-4dcbZE1mg
            """#
        ),
        (
            "RS512",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzUxMiIsICJraWQiOiAicjEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.2gvAYIhTQGhJ6ve4vzE7etMfOToeZW5_kAXI6wZ_VOvDLd3SnnsQZ8UGvpNEQVdoiCEdrW-wTsMmB0KnFpOJ\#
            Pl6pFq39b8rqCR0aLi_v1qaXsMOLOHsf9f7-OO87n66JRt6Q4vRrp02416jC-qyOADd36qV5kvwWnak5IWd3hZCER5bOarfy\#
            6UZ8c4ze6zD2VnYrPVURa-GT3uZxvYj7_g6rMvFJJeguGzJvNDKz7hmWEBsRq31re5XpTk-tlJxPBDE5npbnpJPMMX2Yffdb\#
            REpDQhDdeF_mIRhsF1e-8Gw4DmfLW1s6y4K06BG11o0aRlv9990MNsltc9cAfXQmYA
            """#
        ),
        (
            "PS256",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJQUzI1NiIsICJraWQiOiAicjEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.dDQShacfH5lDYTja_W-4mEBMDx_U-dUxQbiqLsijpJMiTR1CJIiqu0Jrh-22lf4_AtggTQBVaSnIvgDcWeHL\#
            dOGKm-4W78iPrumcSmkwkpl-NW4ztE5jzapX-WdHAFtbOhKMCZbvwHWC63vs81lvAYjghcY27ccW35K4iZtYwzWBziM8dtzf\#
            nIbjoFjiydtEpRWzCtXQc-SGYz-uZ9LYquBZ5d_vRzzIKsK4x319BIeo7GKUB33RTJpFcT0IjKIM4VmOpE-_xhEK3GZfbwzF\#
            3bnDM-0mgWl-4J_FZ7IL3g-trS2qoP9VTMgkbk3FfV_6mC40cMpWTv_PysUtH2HueA
            """#
        ),
        (
            "RS256 that names the P-256 key",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1NiIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.wrcv2UUH-j2g6Lc0lMcY38ZGO2rIdOCTZSlXYFaTUPBmQhMj659uUD3A-TeqLZRDpkj00sQfXuVa9FO1ZbWk\#
            yHnIqyPfzuqo1V_trqfyI-MWSlGfsUmV6o-AeWTN1scbLxeEIf-Z1vvVn5UPv7ZCpD_Fc1leslPW4h_qqhjsyFIVBZxRABD4\#
            yZqnkxUSQz27YwZuB_G8V_2oJfa0KQcx48D4-AtgT9nzP6fUcNmfmocOeJcEaXCzPTTXuDUyBw_xjfqh_zYls9o_zG5GDI5O\#
            UcWGNViieF4ct1ExIXscRRuvtH6pupbjub34KiBYxLkY5O8lk_Lb2TpErowcM91qFA
            """#
        ),
        (
            "RS256 with 1024 bits",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1NiIsICJraWQiOiAiczEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.MS2lYOFbRwDnN0OHwqqeLb6wQilA7MTO2TDRdy-gj8cGMQFJi8BVp8LK81tzxD9QNNpKkTNdJBDGnobbVKew\#
            _NEiDWO3D04BsrRUm2PR8dF_XDLtkpCx-khvNvuJUC0-mKfl6oq-UKfuVbCJORL0WI2CVWjxHeGUdgQ14Yg4KlE
            """#
        ),
        (
            "EdDSA that names the P-256 key",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFZERTQSIsICJraWQiOiAiZTEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.Kzm0jgp3lUq_nZMWNes8JHIZYaMbKRjSlvJf3OM1bXJmMu-2Q04Q1ZT184q-Rzc546A1UV9tJZOsOrpbCEMS\#
            Cg
            """#
        ),
        (
            "Ed25519 under the name of its curve",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFZDI1NTE5IiwgImtpZCI6ICJkMSJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXB\#
            sZS9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQ\#
            xMDI0NDQ4MDB9.3KRU1E1k4QGJ6Ofk8PMS7cGzDyACHAch6kRy_bUhsGnEaANyjdqYglje2Degqqiqf0MQ3WQpPdrP2EpkFS\#
            tyAg
            """#
        ),
        (
            "EdDSA with r and s of P-256",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFZERTQSIsICJraWQiOiAiZDEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZ\#
            S9yZWFsbSIsICJhdWQiOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxM\#
            DI0NDQ4MDB9.iClWsFaq9un2v704hCfmNJSuumswVFMF44ZV7314pRhiIRgi_9rkBAhZ1OH3O3dsc-52J5UyEPDnFMVGPIOK\#
            0g
            """#
        ),
        (
            "HS256 with the RS256 key's PEM",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.vQYYRF\#
            mKr-XwuGERT2y3wPzPf3hFOEXzUJhOhmW-BZc
            """#
        ),
        (
            "HS256 with the RS256 key's PEM without its last line end",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.v-u6DB\#
            o1jOnSDl5V8QfXxp9-xp69JIOZQMlSrW_MDkE
            """#
        ),
        (
            "HS256 with the RS256 key's DER",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.VIteA4\#
            m4KLPxaa-leoFChee3Wuq78E18pllBRHO-5Hs
            """#
        ),
        (
            "HS256 with the RS256 key's JSON Web Key",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.eOw-2A\#
            wxsazMoV2cXF7kMqGc9230N_bfRJfajxYkRIw
            """#
        ),
        (
            "HS256 with the RS256 key's modulus or coordinate",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.sG36vJ\#
            2gKkJntoovHZG7rjLRn9OkHyzMzeq00A5nQQ4
            """#
        ),
        (
            "HS256 with the ES256 key's PEM",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.5tycF1\#
            BS81-f76D4pNTytR-nV_19LCJGnFOA-YR9_TQ
            """#
        ),
        (
            "HS256 with the ES256 key's PEM without its last line end",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9._qr9V3\#
            K32oZLoO5zU6NELncxvCgDmTe-AhDWhuvWB3g
            """#
        ),
        (
            "HS256 with the ES256 key's DER",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.UvD8Jc\#
            xPYPOfiJp7HkqlQZTQ7n6TmuWnVPr9lAi-aD8
            """#
        ),
        (
            "HS256 with the ES256 key's JSON Web Key",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.hyVykb\#
            deLjkG_paWjZhFFYzMp4UCGUUXoWcd5RI3h7Y
            """#
        ),
        (
            "HS256 with the ES256 key's modulus or coordinate",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.4CUDTn\#
            K-gCVTWAU9xRUby4LzTG_RpJS-ARJBEl0t9JE
            """#
        ),
        (
            "HS256 with the EdDSA key's PEM",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9._q8-i_\#
            vEKblDzaKzw3CEjz_kn1Rv-z2amTzbsWXT0Lg
            """#
        ),
        (
            "HS256 with the EdDSA key's PEM without its last line end",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.robitH\#
            D029xMAWsOPsvlNq_NZYS6koOKr0SxMScGLjg
            """#
        ),
        (
            "HS256 with the EdDSA key's DER",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.mp4FVy\#
            5tk5Eq53eMKDi3xG9jpHwT8Em1hB1f8T8kFIU
            """#
        ),
        (
            "HS256 with the EdDSA key's JSON Web Key",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.diQmzz\#
            mdZ82JAlM1-M5SYc8cRcxVPz5PiEi93VKtKMg
            """#
        ),
        (
            "HS256 with the EdDSA key's modulus or coordinate",
            #"""
            eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJIUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9pZHAuZXhhbXBsZS9yZWFsbSIsICJhdWQ\#
            iOiAidG9sbGdhdGUiLCAic3ViIjogImRvcmEiLCAiaWF0IjogMTcwMDAwMDAwMCwgImV4cCI6IDQxMDI0NDQ4MDB9.TajZeP\#
            HuZXWcClxX9YpQIvlucvzFoXw-Ozg_dxOuJ0k
            """#
        ),
    ]
}
