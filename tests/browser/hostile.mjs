// Texts that would like to be more than text. Each sets `window.hurt` or opens a dialog if it comes to that.

export const CORPUS = [
  "<script>window.hurt = 1</script>",
  "</title></textarea></select></td><script>window.hurt = 2</script>",
  "\"><img src=x onerror=\"window.hurt = 3\">",
  "' autofocus onfocus='window.hurt = 4' x='",
  "\" onmouseover=\"window.hurt = 5\" style=\"position:fixed;inset:0\" x=\"",
  "<svg/onload=window.hurt=6>",
  "<svg><animate onbegin=alert(7) attributeName=x dur=1s>",
  "<iframe srcdoc=\"<script>parent.hurt = 8</script>\"></iframe>",
  "<a href=\"javascript:window.hurt=9\">click</a>",
  "<form action=\"https://evil.example\"><button>send</button></form>",
  "<base href=\"https://evil.example/\">",
  "<meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
  "<style>@import 'https://evil.example/x.css'; body { display: none }</style>",
  "<link rel=stylesheet href=https://evil.example/x.css>",
  "<object data=\"data:text/html,<script>parent.hurt = 10</script>\"></object>",
  "<math><mtext></mtext><mglyph><style><img src=x onerror=window.hurt=11>",
  "<!--<img src=\"--><img src=x onerror=window.hurt=12>",
  "{{7*7}} ${alert(13)} {% raw %}",
  "&lt;script&gt;window.hurt = 14&lt;/script&gt;",
  "\u202egnp.tpircs\u202c <b>bold</b>",
];

/** All of it at once, where there is room. */
export const ALL = CORPUS.join(" ");

/** Whether a page was hurt by any of it. */
export function hurt() {
  return {
    ran: globalThis.hurt ?? null,
    scripts: document.querySelectorAll("script").length - document.querySelectorAll("script[src^='/admin/assets/']").length,
    strangers: document.querySelectorAll("iframe, object, embed, base, style, img, math, animate, [onerror], [onload], [onfocus], [onmouseover], [style], a[href^='javascript:'], form[action^='https:']").length,
  };
}

/** What `hurt` says of a page that was not. */
export const SOUND = { ran: null, scripts: 0, strangers: 0 };
