# JupyterLab with the book's chapters, for JupyterHub and Binder: `docker build -t lrnn-book .` and then
# `docker run -p 127.0.0.1:8888:8888 lrnn-book`. A hub wants its own version in the image:
# `docker build --build-arg JUPYTERHUB="==4.1.6" ...`.
FROM python:3.12-slim
ARG NB_USER=reader
ARG NB_UID=1000
ARG JUPYTERHUB=">=5.2,<6"
RUN adduser --disabled-password --gecos "" --uid ${NB_UID} ${NB_USER}
ENV USER=${NB_USER} HOME=/home/${NB_USER}
WORKDIR /home/${NB_USER}/book
COPY requirements.txt .
RUN pip install --no-cache-dir --no-deps -r requirements.txt && \
    pip install --no-cache-dir -c requirements.txt "jupyterhub${JUPYTERHUB}"
COPY --chown=${NB_UID} . .
# Whatever starts the server, `jupyter lab` or a hub, chapters are opened and saved as `make lab` does it.
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . && \
    install -D -m 644 book/site/jupyter_server_config.json /usr/local/etc/jupyter/jupyter_server_config.json
USER ${NB_USER}
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--notebook-dir=book"]
