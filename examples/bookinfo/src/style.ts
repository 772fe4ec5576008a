/** Colours of a harbour: paper, ink, deep water; the same at night. */
export const STYLE = `
:root{color-scheme:light dark;--sea:#0f5568;--ink:#1c2a31;--soft:#5d6c73;--paper:#f6f4ef;--card:#fffefb;--line:#e5e0d5;--red:#c22f28;--tag:#e3edef;--onsea:#fff}
@media (prefers-color-scheme:dark){:root{--sea:#7cc6d6;--ink:#e9eef0;--soft:#9dafb7;--paper:#10171b;--card:#182127;--line:#28353c;--red:#ff7a6e;--tag:#20343b;--onsea:#0b2027}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main{max-width:68rem;margin:0 auto;padding-inline:clamp(1.1rem,4vw,2rem)}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;flex-wrap:wrap;padding-block:1.1rem}
.brand,h1{font-family:"Iowan Old Style","Palatino Linotype",Palatino,Georgia,"Liberation Serif",serif}
.brand{font-weight:600;font-size:1.25rem;color:var(--sea);text-decoration:none}
form{display:flex;gap:.6rem;align-items:center;margin:0;color:var(--soft)}
form b{color:var(--ink)}
input,button{font:inherit;font-size:.95rem;padding:.38rem .8rem;border-radius:.5rem}
input{width:11rem;border:1px solid var(--line);background:var(--card);color:var(--ink)}
input::placeholder{color:var(--soft);opacity:1}
button{border:0;background:var(--sea);color:var(--onsea);cursor:pointer}
button:hover{filter:brightness(1.1)}
:is(a,input,button):focus-visible{outline:3px solid color-mix(in srgb,var(--sea) 45%,transparent);outline-offset:2px}
main{padding-block:1.6rem 4rem}
.hero{display:flex;gap:clamp(1.2rem,4vw,2.4rem);align-items:center;margin-bottom:2.4rem}
.cover{flex:0 0 auto;width:clamp(5.5rem,18vw,7.5rem);border-radius:.4rem;box-shadow:0 .6rem 1.6rem #0003}
h1{font-weight:600;font-size:clamp(1.9rem,4.6vw,2.9rem);line-height:1.15;letter-spacing:-.01em;margin:0 0 .6rem;text-wrap:balance}
.hero p{margin:0;color:var(--soft);max-width:34rem;font-size:1.05rem;text-wrap:pretty}
.columns{display:grid;grid-template-columns:minmax(16rem,2fr) 3fr;gap:1.4rem;align-items:start}
.card{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.5rem 1.7rem}
h2{font-size:1.05rem;margin:0 0 1.1rem;display:flex;justify-content:space-between;align-items:center;gap:.6rem;flex-wrap:wrap;min-height:1.7rem}
.tag{font:500 .78rem/1 ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace;padding:.42rem .7rem;border-radius:1rem;background:var(--tag);color:var(--soft)}
.tag b{color:var(--sea);margin-right:.25rem}
.tag.v2 b{color:var(--ink)}.tag.v3 b{color:var(--red)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.45rem 1.4rem;margin:0;font-variant-numeric:tabular-nums}
dt{color:var(--soft)}dd{margin:0}
blockquote{margin:0;padding:1.1rem 0;border-top:1px solid var(--line)}
blockquote:first-of-type{border-top:0;padding-top:0}
blockquote:last-child{padding-bottom:0}
blockquote p{margin:0 0 .45rem;text-wrap:pretty}
blockquote footer{display:flex;gap:.8rem;align-items:baseline;flex-wrap:wrap;color:var(--soft);font-size:.95rem}
cite{font-style:normal}
.stars{font-size:1.2rem;line-height:1;letter-spacing:.12em;white-space:nowrap}.stars.black{color:var(--ink)}.stars.red{color:var(--red)}
.stars i{font-style:normal;opacity:.22}
.warn{color:var(--red)}
.error{padding:1rem 1.2rem;border-radius:.7rem;background:color-mix(in srgb,var(--red) 9%,transparent);color:var(--red)}
.error p{margin:.3rem 0 0;color:var(--ink);font-size:.95rem}
@media (max-width:48rem){.columns{grid-template-columns:1fr}}
`;
