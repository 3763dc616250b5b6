"use strict";
const language = document.documentElement.lang;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day = { day: "numeric", month: "short", ...clock };
for (const time of document.querySelectorAll("time")) {
  time.textContent = new Date(time.dateTime).toLocaleString(language, time.className ? clock : day);
}
const made = Date.parse(document.getElementById("made").dateTime);
const old = document.querySelector(".old");
function look() {
  const minutes = Math.floor((Date.now() - made) / 60000);
  old.hidden = minutes < 3;
  old.querySelector("b").textContent = minutes;
  document.body.classList.toggle("is-old", !old.hidden);
}
look();
setInterval(look, 15000);
