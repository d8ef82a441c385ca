// CloudFront's rules for nginx. The edge server (viewer -> cache) and the origin server behind it
// (cache -> origin, where TTLs are decided) both call this. ttl.py says the same in Python.

const HUNDRED_YEARS = 3153600000;

// Shared between requests, see nginx.conf: all keyed by cache key.
const failing = () => ngx.shared.failing;          // until when the origin is left alone, and why
const uncollapsed = () => ngx.shared.uncollapsed;  // what was not kept when last seen
const validated = () => ngx.shared.validated;      // when a 304 said: still good
const staleUntil = () => ngx.shared.stale_until;   // how long a copy will do if the origin fails

// ---- the TTL table ------------------------------------------------------------------------

const ALWAYS_KEPT = [404, 410, 414, 500, 501, 502, 503, 504];
const MAY_REFUSE = [404, 410, 414, 501];
const KEPT_IF_ASKED = [400, 403, 405, 412, 415];

function seconds(argument) {
    return /^[0-9]+$/.test(argument) ? Math.min(Number(argument), HUNDRED_YEARS) : null;
}

function directives(cacheControl) {
    const found = {};
    (cacheControl || '').split(',').forEach((part) => {
        const at = part.indexOf('=');
        const name = (at < 0 ? part : part.slice(0, at)).trim().toLowerCase();
        const argument = at < 0 ? '' : part.slice(at + 1).trim().replace(/^"|"$/g, '');
        if (!(name in found)) {
            found[name] = argument;
        }
    });
    return found;
}

function first(values) {
    const good = values.filter((value) => value !== null);
    return good.length ? good[0] : null;
}

function expiresIn(expires, now) {
    if (expires === undefined) {
        return null;
    }
    const left = Math.ceil(Date.parse(expires) / 1000 - now);
    return isNaN(left) ? 0 : Math.min(Math.max(0, left), HUNDRED_YEARS);
}

// Seconds to keep; 0: keep, but ask each time; null: do not keep.
function ttlOf(status, said, expires, policy, now) {
    if (policy.max_ttl === 0) {
        return null;
    }
    const given = first([seconds(said['s-maxage']), seconds(said['max-age'])]);
    const age = first([given, expiresIn(expires, now)]);
    const forbids = 'no-store' in said || 'private' in said;
    const refuses = forbids || 'no-cache' in said;
    if (status >= 400) {
        if (MAY_REFUSE.includes(status) && refuses) {
            return null;
        }
        if (ALWAYS_KEPT.includes(status)) {
            return Math.max(policy.error_ttl, Math.min(age || 0, policy.max_ttl));
        }
        if (KEPT_IF_ASKED.includes(status) && given !== null) {
            return Math.max(policy.error_ttl, Math.min(given, policy.max_ttl));
        }
        return null;
    }
    if (refuses) {
        return policy.min_ttl > 0 ? policy.min_ttl : forbids ? null : 0;
    }
    if (age === null) {
        return Math.max(policy.min_ttl, policy.default_ttl);
    }
    return Math.min(Math.max(age, policy.min_ttl), policy.max_ttl);
}

// ---- the origin server: what comes from the origin is made ready for nginx's cache ----------

// nginx serves a stale copy for a 503, and is told so in nginx.conf; some versions do it for 403, 404
// and 429 too. CloudFront does it for all of 5xx and nothing else, if the copy may be so old. So
// nginx is shown other numbers, and answer() puts the real one back.
const STALE_WILL_DO = 503, STALE_WILL_NOT_DO = 590, NO_FAILURE = 490;

function shownStatus(status, mayBeStale) {
    if (status >= 500) {
        return mayBeStale ? STALE_WILL_DO : STALE_WILL_NOT_DO;
    }
    return [403, 404, 429].includes(status) ? NO_FAILURE : status;
}

function prepare(r) {
    const now = Date.now() / 1000;
    const key = keyOf(r);
    const policy = JSON.parse(r.headersIn['X-Edge-Policy']);
    const cacheControl = r.headersOut['Cache-Control'];
    const said = directives(cacheControl);
    const before = remembered(key);
    const status = before ? before.status : r.status;
    let ttl = ttlOf(status, said, r.headersOut['Expires'], policy, now);
    let whileAsking = 0, ifError = 0;
    if (before) {
        ttl = Math.max(0, Math.ceil(before.until - now));
    }
    if (status < 400 && ttl !== null) {
        const asked = seconds(said['stale-if-error']);
        whileAsking = Math.min(seconds(said['stale-while-revalidate']) || 0, policy.max_ttl - ttl);
        ifError = asked === null ? HUNDRED_YEARS : Math.min(asked, policy.max_ttl);
    }
    const copy = key ? staleUntil().get(key) : undefined;
    const mayBeStale = copy === undefined || copy >= now;
    if (key) {
        remember(key, status, ttl, ifError, mayBeStale, now);
    }
    if (cacheControl !== undefined) {
        r.headersOut['X-Edge-Cache-Control'] = cacheControl;
    }
    r.headersOut['X-Edge-Fetched'] = now.toFixed(3);
    r.headersOut['X-Edge-Status'] = String(status);
    r.headersOut['X-Accel-Expires'] = accelExpires(ttl, now);
    r.headersOut['Cache-Control'] =
        `stale-while-revalidate=${whileAsking}, stale-if-error=${ifError}`;
    r.status = shownStatus(status, mayBeStale);
}

// How nginx wants to be told: seconds from now (it serves up to and with the last one), 0 for not at
// all, and @ with a moment; one in the past is kept and asked for each time.
function accelExpires(ttl, now) {
    return ttl === null ? '0' : ttl === 0 ? '@' + (Math.floor(now) - 1) : String(ttl);
}

// What later requests for this key need to know of this response.
function remember(key, status, ttl, ifError, mayBeStale, now) {
    // The origin failed: leave it alone for as long as the error is kept.
    if (status < 500) {
        failing().delete(key);
    } else if (ttl && !remembered(key)) {
        failing().set(key, JSON.stringify({ status: status, until: now + ttl }));
    }
    if (status < 500 || !mayBeStale) {
        staleUntil().set(key, ifError ? now + ttl + ifError : 0);
    }
    if (status === 304) {
        validated().set(key, now);
    }
    // A response that is not kept is nothing for others to wait for.
    if (ttl) {
        uncollapsed().delete(key);
    } else {
        uncollapsed().set(key, 1);
    }
}

// The cache key of a request whose response may be cached at all.
function keyOf(r) {
    return ['GET', 'HEAD'].includes(r.method) ? r.headersIn['X-Edge-Key'] : undefined;
}

function remembered(key) {
    const value = key ? failing().get(key) : undefined;
    const known = value && JSON.parse(value);
    return known && known.until > Date.now() / 1000 ? known : null;
}

// "1" while the origin is left alone for this key.
function originFailed(r) {
    return remembered(keyOf(r)) ? '1' : '';
}

// Forget all about the keys in the body, a JSON list: they were invalidated.
function forget(r) {
    JSON.parse(r.requestText || '[]').forEach((key) => {
        [failing(), uncollapsed(), validated(), staleUntil()].forEach((dict) => dict.delete(key));
    });
    r.return(204);
}

// ---- the edge server: keys, and what the viewer sees -----------------------------------------

function pathOf(r) {
    return r.variables.request_uri.split('?')[0];
}

function wanted(names, pairs) {
    return pairs.filter((pair) => names === 'all' || names.includes(pair.split('=')[0]));
}

// Path and query string as they go to the origin: only what is in the key.
function target(r) {
    const args = (r.variables.args || '').split('&').filter((pair) => pair !== '');
    const kept = wanted(JSON.parse(r.variables.policy).query_strings, args);
    return pathOf(r) + (kept.length ? '?' + kept.join('&') : '');
}

function cookies(r) {
    const all = (r.headersIn['Cookie'] || '').split(/; */).filter((pair) => pair !== '');
    return wanted(JSON.parse(r.variables.policy).cookies, all).join('; ');
}

// Accept-Encoding reduced to what CloudFront can compress to.
function encoding(r) {
    if (!JSON.parse(r.variables.policy).accept_encoding) {
        return '';
    }
    const accepted = (r.headersIn['Accept-Encoding'] || '').split(',')
        .map((one) => one.trim().toLowerCase())
        .filter((one) => !/;\s*q=0(\.0*)?$/.test(one))
        .map((one) => one.split(';')[0].trim());
    return ['br', 'gzip'].filter((one) => accepted.includes(one)).join(',');
}

function cacheKey(r) {
    const policy = JSON.parse(r.variables.policy);
    const parts = policy.headers.map((name) => [name, r.headersIn[name]])
        .concat([['Cookie', cookies(r)], ['Accept-Encoding', encoding(r)]])
        .filter((part) => part[1]);
    const rest = parts.map((part) => `${part[0]}=${encodeURIComponent(part[1])}`).join('&');
    return target(r) + (rest ? ' ' + rest : '');
}

// "1" when nobody shall wait for another's request: the last response was not kept.
function alone(r) {
    return uncollapsed().get(r.variables.cache_key) === undefined ? '' : '1';
}

function resultType(r) {
    if (r.status >= 400) {
        return 'Error';
    }
    const status = r.variables.upstream_cache_status;
    if (status === 'STALE' || status === 'UPDATING') {
        // Served at once, or only after the origin had failed?
        return r.variables.upstream_status ? 'RefreshHit' : 'Hit';
    }
    return { HIT: 'Hit', REVALIDATED: 'RefreshHit' }[status] || 'Miss';
}

function answer(r) {
    const out = r.headersOut;
    if (out['X-Edge-Status']) {
        // Not where nginx made a 304 or 206 for this viewer of it.
        if ([STALE_WILL_DO, STALE_WILL_NOT_DO, NO_FAILURE].includes(r.status)) {
            r.status = Number(out['X-Edge-Status']);
        }
    }
    const result = resultType(r);
    if (['HIT', 'STALE', 'UPDATING', 'REVALIDATED'].includes(r.variables.upstream_cache_status)) {
        // nginx does not touch a stored header after a 304, so the stored moment may be too old.
        const since = Math.max(Number(out['X-Edge-Fetched']),
                               validated().get(r.variables.cache_key) || 0);
        const before = seconds(out['Age']) || 0;
        out['Age'] = String(before + Math.max(0, Math.floor(Date.now() / 1000 - since)));
    }
    if (out['X-Edge-Fetched']) {  // it came through the origin server, which changed this header
        out['Cache-Control'] = out['X-Edge-Cache-Control'];
    }
    ['X-Edge-Status', 'X-Edge-Fetched', 'X-Edge-Cache-Control'].forEach((name) => {
        delete out[name];
    });
    out['X-Cache'] = `${result} from cloudfront`;
    out['Via'] = '1.1 local (CloudFront)';
    out['X-Amz-Cf-Pop'] = 'LOCAL1';
    out['X-Amz-Cf-Id'] = r.variables.request_id;
}

// ---- the log: one line of CloudFront's standard format -----------------------------------------

function cell(value) {
    if (value === undefined || value === null || value === '') {
        return '-';
    }
    return String(value).replace(/[^!-~]|%(?![0-9A-Fa-f]{2})/g, encodeURIComponent);
}

function logLine(r) {
    const v = r.variables;
    const moment = new Date(Number(v.msec) * 1000).toISOString();
    const result = resultType(r);
    const waited = Number((v.upstream_header_time || '').split(/[,:] */).pop());
    // Two clocks, and each rounds: the first byte is never after the last.
    const firstByte = waited > 0 ? Math.min(waited, v.request_time).toFixed(3) : v.request_time;
    return [
        moment.slice(0, 10), moment.slice(11, 19), 'LOCAL1', v.bytes_sent, v.remote_addr,
        r.method, v.host, pathOf(r), r.status, r.headersIn['Referer'],
        r.headersIn['User-Agent'], v.args, r.headersIn['Cookie'], result, v.request_id,
        r.headersIn['Host'], v.scheme, v.request_length, v.request_time,
        r.headersIn['X-Forwarded-For'], '', '', result, v.server_protocol, '', '', v.remote_port,
        firstByte, result, r.headersOut['Content-Type'],
        r.headersOut['Content-Length'], '', '',
    ].map(cell).join('\t');
}

export default {
    alone, answer, cacheKey, cookies, encoding, forget, logLine, originFailed, prepare, target,
};
